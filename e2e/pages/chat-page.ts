import { expect, type Locator, type Page, type Worker } from "@playwright/test";
import type { MeasureDetails, MeasureName } from "../../src/protocol/measures.ts";
import { delayWaits } from "./delay-waits.ts";

const beginning = (words: string): RegExp => new RegExp(`^${words}`);

/**
 * For what a person would see at once. A locator's own assertion looks only once a second after a while, and a whole run
 * waits some hundred times for the model.
 */
const AT_ONCE = { timeout: 60_000, intervals: [50] };

/** One entry of the page's User Timing, with the detail its name promises. */
export interface PageMeasure<Name extends MeasureName> {
  startTime: number;
  duration: number;
  detail: MeasureDetails[Name];
}

/** The chat page as a person uses it. It finds things by role and name, and never by CSS or test ids. */
export class ChatPage {
  readonly input: Locator;
  readonly sendButton: Locator;
  readonly stopButton: Locator;
  readonly regenerateButton: Locator;
  readonly answerExactlyButton: Locator;
  /** The notice between what the model no longer sees and what it sees. */
  readonly cutNotice: Locator;
  readonly log: Locator;
  readonly questions: Locator;
  readonly answers: Locator;
  readonly status: Locator;
  readonly alert: Locator;
  readonly retryButton: Locator;
  /** The question about a model that the address names, with its buttons. */
  readonly modelQuestion: Locator;
  readonly downloadButton: Locator;
  readonly usePipButton: Locator;
  readonly conversations: Locator;
  readonly takeOverButton: Locator;
  /** The open panel of settings. */
  readonly storage: Locator;
  /** The choice of what the model runs on, in the open panel. */
  readonly runsOn: Locator;
  /** The choice for all conversations, in the open storage panel. */
  readonly quality: Locator;

  /** @param say gives a sentence of the page in the language in which the page was opened */
  constructor(
    readonly page: Page,
    readonly say: (english: string) => string = (english) => english,
  ) {
    const button = (name: string) => page.getByRole("button", { name: say(name), exact: true });
    this.input = page.getByRole("textbox", { name: say("Message") });
    this.sendButton = button("Send");
    this.stopButton = button("Stop");
    this.regenerateButton = button("Regenerate");
    this.answerExactlyButton = button("Answer again without older messages");
    this.log = page.getByRole("log", { name: say("Conversation") });
    this.cutNotice = this.log.getByRole("note");
    this.questions = this.log.getByRole("article", { name: say("You") });
    this.answers = this.log.getByRole("article", { name: say("Assistant") });
    this.status = page.getByRole("status", { name: say("Model") });
    this.alert = page.getByRole("alert");
    this.retryButton = this.alert.getByRole("button", { name: say("Try again") });
    this.modelQuestion = page.getByRole("region", { name: beginning(say("Download ")) });
    this.downloadButton = this.modelQuestion.getByRole("button", {
      name: beginning(say("Download")),
    });
    this.usePipButton = button("Use Pip instead");
    this.conversations = page.getByRole("navigation", { name: say("Conversations") });
    this.takeOverButton = button("Take over");
    this.storage = page.getByRole("dialog", { name: say("Settings") });
    this.runsOn = this.storage.getByRole("combobox", { name: say("Runs on") });
    this.quality = this.storage.getByRole("combobox", { name: say("Quality"), exact: true });
  }

  /** Opens the page. `query` is that of the address, such as "?temperature=0". Does not wait for the model. */
  async goto(query = ""): Promise<void> {
    await this.page.goto(`/${query}`);
    await expect(this.input).toBeEditable();
  }

  /** Reloads the page: everything in memory is gone, and what was stored is not. Does not wait for the model. */
  async reload(): Promise<void> {
    await this.page.reload();
    await expect(this.input).toBeEditable();
  }

  async ready(): Promise<void> {
    const ready = beginning(this.say("Ready"));
    await expect.poll(() => this.status.innerText(), AT_ONCE).toMatch(ready);
  }

  /**
   * Waits until the model is ready, and answers the questions about one that the address names: where it comes from and,
   * if it is large, its size. Not every model is asked about, so it goes by what is on screen.
   */
  async agree(patience = { timeout: 60_000, intervals: [100] }): Promise<void> {
    const isReady = async () => {
      if (await this.alert.isVisible()) throw new Error(await this.alert.innerText());
      if (await this.downloadButton.isVisible()) await this.downloadButton.click({ timeout: 5000 });
      return (await this.status.allInnerTexts()).some((text) => text.startsWith("Ready"));
    };
    await expect.poll(isReady, patience).toBe(true);
  }

  /** Sends a message. Returns once the answer is under way, or is waiting for the model. */
  async send(text: string): Promise<void> {
    await this.input.fill(text);
    // While nothing can be sent, Enter leaves the text where it is.
    await expect(this.sendButton).toBeEnabled();
    const asked = await this.questions.count();
    await this.input.press("Enter");
    await expect(this.questions).toHaveCount(asked + 1);
    await expect(this.input).toHaveValue("");
  }

  /** Sends a message and waits for the whole answer. */
  async ask(text: string): Promise<string> {
    const answered = await this.answers.count();
    await this.send(text);
    await expect(this.answers).toHaveCount(answered + 1);
    return this.#wholeAnswer();
  }

  /** Sends a message and waits until a few words of the answer are there. */
  async beginAnswer(text: string): Promise<void> {
    const answered = await this.answers.count();
    await this.send(text);
    await expect(this.answers).toHaveCount(answered + 1);
    await expect(this.answers.last()).toHaveText(/(\S+ ){3}/, { timeout: 30_000 });
  }

  /** What the model wrote, without the note below it. The answer must be one paragraph, as Pip's answers are. */
  answerText(answer = this.answers.last()): Promise<string> {
    return answer.getByRole("paragraph").first().innerText();
  }

  async regenerate(): Promise<string> {
    await this.regenerateButton.click();
    return this.#wholeAnswer();
  }

  /** Has the last answer given anew, from nothing but what the model has in view. */
  async answerExactly(): Promise<string> {
    await this.answerExactlyButton.click();
    return this.#wholeAnswer();
  }

  async stop(): Promise<void> {
    await this.stopButton.click();
    await expect(this.stopButton).toBeHidden();
  }

  /** Narrow windows have the button at the top, as long as the list is behind another one. */
  async newConversation(): Promise<void> {
    await this.page
      .getByRole("button", { name: this.say("New conversation"), exact: true })
      .click();
    await expect(this.questions).toHaveCount(0);
  }

  async open(title: string): Promise<void> {
    await this.showConversations();
    await this.conversation(title).click();
    // Until the list says that it is open, another conversation may still be on screen.
    await expect(this.conversation(title)).toHaveAttribute("aria-current", "page");
    await expect(this.questions).not.toHaveCount(0);
  }

  /** Takes the conversation over from another tab. Returns once this tab may write it, and shows all of it. */
  async takeOver(): Promise<void> {
    await this.takeOverButton.click();
    await expect(this.sendButton).toBeVisible();
  }

  /** Deletes a conversation for good: what would take that back is dismissed. */
  async delete(title: string): Promise<void> {
    await this.chooseFor(title, "Delete");
    await this.page
      .getByRole("button", { name: this.say("Dismiss"), exact: true })
      .last()
      .click();
    await expect(this.conversation(title)).toHaveCount(0);
  }

  /** Chooses from the menu of a conversation. */
  async chooseFor(title: string, item: string): Promise<void> {
    await this.showConversations();
    await this.conversation(title).hover();
    await this.conversations
      .getByRole("button", { name: `${this.say("More actions for")} “${title}”` })
      .click();
    await this.page.getByRole("menuitem", { name: this.say(item), exact: true }).click();
  }

  /** The conversation's entry in the list. */
  conversation(title: string): Locator {
    return this.conversations.getByRole("link", { name: title, exact: true });
  }

  /** Opens the settings at a section: "Models", "Storage", "Your data". */
  async openSettings(section: string): Promise<void> {
    const name = this.say(section);
    await this.showConversations();
    await this.conversations
      .getByRole("button", { name: this.say("Settings"), exact: true })
      .click();
    await this.storage.getByRole("tab", { name, exact: true }).click();
    await expect(this.storage.getByRole("tabpanel", { name, exact: true })).toBeVisible();
  }

  async openStorage(): Promise<void> {
    await this.openSettings("Storage");
  }

  async closeStorage(): Promise<void> {
    await this.storage.getByRole("button", { name: this.say("Close"), exact: true }).click();
    await expect(this.storage).toBeHidden();
  }

  /** The choice of quality for one conversation, in the open storage panel. */
  ownQuality(title: string): Locator {
    return this.storage.getByRole("combobox", { name: `Quality of "${title}"`, exact: true });
  }

  /** Bytes of KV, as the open storage panel shows them. */
  async usedBytes(): Promise<number> {
    const meter = this.storage.getByRole("meter", { name: "Caches" });
    return Number(await meter.getAttribute("value"));
  }

  /** The worker whose file has that name. */
  worker(name: "engine" | "store"): Worker {
    const found = this.page.workers().find((worker) => worker.url().includes(`${name}.worker`));
    if (!found) throw new Error(`there is no ${name} worker`);
    return found;
  }

  /**
   * Makes the page wait longer, by `delayMs`, for each token and each step of a prompt, so that an answer can be
   * interrupted on any machine. With 0, or with another worker, it is as fast as before.
   */
  async slowDown(delayMs: number): Promise<void> {
    await this.worker("engine").evaluate(delayWaits, delayMs);
  }

  /** What was run for each prompt so far, oldest first. */
  async prefills(): Promise<MeasureDetails["chat.prefill"][]> {
    return (await this.measures("chat.prefill")).map(({ detail }) => detail);
  }

  /** Every measure of that name since the page was opened, oldest first. */
  measures<Name extends MeasureName>(name: Name): Promise<PageMeasure<Name>[]> {
    return this.page.evaluate(
      (wanted) =>
        performance
          .getEntriesByType("measure")
          .filter((entry) => entry.name === wanted)
          .map((entry) => ({
            startTime: entry.startTime,
            duration: entry.duration,
            detail: (entry as PerformanceMeasure).detail as MeasureDetails[Name],
          })),
      name,
    );
  }

  /** Waits until nothing is being written any more. @returns the last answer */
  async #wholeAnswer(): Promise<string> {
    await expect.poll(() => this.stopButton.isHidden(), AT_ONCE).toBe(true);
    await expect(this.answers.last()).toHaveAttribute("aria-busy", "false");
    return this.answers.last().innerText();
  }

  /** Narrow windows keep the list behind a button. */
  async showConversations(): Promise<void> {
    const toggle = this.page.getByRole("button", { name: this.say("Show conversations") });
    if ((await toggle.isVisible()) && (await this.conversations.isHidden())) await toggle.click();
  }
}
