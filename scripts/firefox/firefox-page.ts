import type { Page } from "puppeteer-core";
import type { MeasureDetails, MeasureName } from "../../src/protocol/measures.ts";

const PATIENCE_MS = 180_000;

/** The chat page in Firefox, as a person uses it. */
export class FirefoxPage {
  constructor(readonly page: Page) {
    page.setDefaultTimeout(PATIENCE_MS);
  }

  async open(address: string): Promise<void> {
    await this.page.goto(address, { waitUntil: "load" });
    await this.page.waitForSelector("textarea");
  }

  async reload(): Promise<void> {
    await this.page.reload({ waitUntil: "load" });
    await this.page.waitForFunction(() => document.querySelector("article"));
  }

  /** Sends a message. @returns the whole answer */
  async ask(text: string): Promise<string> {
    const decoded = await this.#count("chat.decode");
    const asked = await this.page.evaluate(countAnswers);
    await this.page.type("textarea", text);
    await this.page.waitForFunction(canSend);
    await this.page.keyboard.press("Enter");
    await this.#reached("chat.decode", decoded + 1);
    await this.page.waitForFunction(isAnswered, {}, asked + 1);
    return this.page.evaluate(lastAnswer);
  }

  async newConversation(): Promise<void> {
    await this.page.evaluate(() => {
      for (const button of document.querySelectorAll("button"))
        if (button.textContent === "New conversation") button.click();
    });
    await this.page.waitForFunction(() => !document.querySelector("article"));
  }

  /** Waits until the rows of all that was computed are stored. */
  async saved(): Promise<void> {
    const [turn] = (await this.measures("chat.prefill")).slice(-1);
    const [decode] = (await this.measures("chat.decode")).slice(-1);
    const tokens = (turn?.promptTokens ?? 0) + (decode?.generatedTokens ?? 0);
    const stored = async () =>
      (await this.measures("kv.persist")).reduce((sum, persist) => sum + persist.tokens, 0);
    await this.#until(async () => (await stored()) >= tokens, "not all rows were stored");
  }

  /** All measures of that name since the page was opened, oldest first. */
  measures<Name extends MeasureName>(name: Name): Promise<MeasureDetails[Name][]> {
    return this.page.evaluate(
      (wanted) =>
        performance
          .getEntriesByName(wanted, "measure")
          .map((entry) => (entry as PerformanceMeasure).detail as MeasureDetails[Name]),
      name,
    );
  }

  async #count(name: MeasureName): Promise<number> {
    return (await this.measures(name)).length;
  }

  async #reached(name: MeasureName, times: number): Promise<void> {
    await this.#until(async () => (await this.#count(name)) >= times, `there was no ${name}`);
  }

  /** Waits. What the page says to a person ends the wait as an error. */
  async #until(holds: () => Promise<boolean>, otherwise: string): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS;
    while (!(await holds())) {
      const said = await this.page.evaluate(
        () => document.querySelector("[role=alert]")?.textContent,
      );
      if (said) throw new Error(`The page says: ${said}`);
      if (Date.now() > deadline) throw new Error(`In Firefox ${otherwise}.`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** Runs in the page. */
const canSend = () =>
  [...document.querySelectorAll("button")].some(
    ({ textContent, disabled }) => textContent === "Send" && !disabled,
  );

/** Runs in the page. */
const countAnswers = () => document.querySelectorAll('article[aria-label="Assistant"]').length;

/** Whether so many answers are on screen, the last one whole. Runs in the page. */
const isAnswered = (count: number) => {
  const answers = [...document.querySelectorAll('article[aria-label="Assistant"]')];
  return answers.length === count && answers.at(-1)?.getAttribute("aria-busy") === "false";
};

/** Runs in the page. */
const lastAnswer = () =>
  [...document.querySelectorAll('article[aria-label="Assistant"]')].at(-1)?.querySelector("p")
    ?.textContent ?? "";
