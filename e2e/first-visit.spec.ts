import { expect, type Page } from "@playwright/test";
import { ChatPage } from "./pages/chat-page.ts";
import { GREEDY, HELLO_ANSWER, STORY } from "./pages/pip.ts";
import { test } from "./pages/test.ts";

declare global {
  interface Window {
    statuses?: string[];
  }
}

/**
 * Notes every text that the status line shows from the page's start on. Some of them are there only for an instant.
 */
async function recordStatus(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const seen: string[] = (window.statuses = []);
    new MutationObserver(() => {
      const phase = document.querySelector("[role=status][aria-label=Model]");
      // How far it is stands beside the phase.
      const text = phase?.parentElement?.textContent;
      if (text && text !== seen.at(-1)) seen.push(text);
    }).observe(document, { subtree: true, childList: true, characterData: true });
  });
}

test.describe("with a service worker", () => {
  test.use({ serviceWorkers: "allow" });

  test("a first visit shows the model being loaded, and then it answers", async ({ page }) => {
    await recordStatus(page);
    const chat = new ChatPage(page);
    await chat.goto();
    const answer = await chat.ask("Hi! What can you do?");

    expect(answer).toMatch(/^[A-Z].* .*[.!?]$/);
    await expect(chat.alert).toHaveCount(0);
    const statuses = await page.evaluate(() => window.statuses ?? []);
    expect(statuses[0]).toBe("Loading the model");
    expect(statuses).toContainEqual(expect.stringMatching(/^Loading the model.+ of 9\.\d MB/));
    expect(statuses.at(-1)).toMatch(/^Ready/);

    const [load] = await chat.measures("model.load");
    expect(load?.detail.weightBytes).toBeGreaterThan(9e6);
    expect(load?.detail.networkBytes).toBe(load?.detail.weightBytes);
    const [ttft] = await chat.measures("chat.ttft");
    const { planMs = 0, prefillMs = 0, firstTokenMs = 0 } = ttft?.detail.breakdown ?? {};
    expect(planMs + prefillMs + firstTokenMs).toBeCloseTo(ttft?.duration ?? NaN, 0);
  });
});

test("a message can be sent before the model is there", async ({ page }) => {
  const chat = new ChatPage(page);
  let letGo = (): void => undefined;
  const isHeld = new Promise<void>((resolve) => (letGo = resolve));
  await page.context().route("**/params_shard_0.bin", async (route) => {
    await isHeld;
    await route.continue();
  });
  await chat.goto(GREEDY);
  await expect(chat.status).toHaveText(/^Loading the model/);
  await chat.input.fill("Hello!");
  await chat.sendButton.click();
  await expect(chat.questions).toHaveText(["Hello!"]);
  letGo();
  await expect(chat.answers).toContainText([HELLO_ANSWER]);
});

test("the greedy answer is the reference's", async ({ chat }) => {
  expect(await chat.ask("Hello!")).toBe(HELLO_ANSWER);
  const prefill = (await chat.prefills()).at(-1);
  expect(prefill?.promptTokens).toBe(10);
});

test("everything has a role and a name", async ({ chat }) => {
  await chat.slowDown(100);
  await chat.beginAnswer(STORY);
  await expect(chat.page.getByRole("main")).toMatchAriaSnapshot(`
    - main:
      - log "Conversation":
        - article "You":
          - paragraph: Tell me a story about a wizard.
        - article "Assistant":
          - paragraph
      - status: /^Ready/
      - textbox "Message"
      - button "Stop"
      - group "Choice of model":
        - 'button "Model: Pip"'
        - button "Open a model file…"
  `);
  await chat.stop();
  await chat.input.fill("And then?");
  await expect(chat.conversations).toMatchAriaSnapshot(`
    - navigation "Conversations":
      - button "New conversation"
      - search:
        - searchbox "Search conversations"
      - list:
        - listitem:
          - heading "Today"
          - link "Tell me a story about a wizard."
          - button /More actions for .Tell me a story about a wizard/
  `);
  await expect(chat.page.getByRole("main")).toMatchAriaSnapshot(`
    - main:
      - log "Conversation":
        - article "You"
        - button "Copy"
        - button "Edit"
        - button "Fork into a new conversation"
        - article "Assistant":
          - paragraph
          - paragraph: Stopped
        - button "Copy"
        - button "Fork into a new conversation"
        - button "Regenerate"
      - button "Continue"
      - status: /^Ready/
      - textbox "Message": And then?
      - button "Send"
      - group "Choice of model":
        - 'button "Model: Pip"'
        - button "Open a model file…"
  `);
});
