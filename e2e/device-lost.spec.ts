import { expect, test as base } from "@playwright/test";
import { ChatPage } from "./pages/chat-page.ts";
import { GREEDY, ON_GPU, STORY } from "./pages/pip.ts";

/**
 * Gives each test a browser of its own, because after a second crash of its GPU process Chromium offers no adapter any
 * more.
 */
const test = base.extend<{ chat: ChatPage; crashGpu: () => Promise<void> }>({
  chat: async ({ playwright, baseURL }, use) => {
    const browser = await playwright.chromium.launch();
    const context = await browser.newContext(baseURL === undefined ? {} : { baseURL });
    const chat = new ChatPage(await context.newPage());
    await chat.goto(GREEDY + ON_GPU);
    await chat.ready();
    await use(chat);
    await browser.close();
  },
  crashGpu: async ({ chat }, use) => {
    const devtools = await chat.page.context().browser()?.newBrowserCDPSession();
    await use(async () => {
      await devtools?.send("Browser.crashGpuProcess");
    });
  },
});

test("a device lost in mid-answer is said, takes no text with it, and comes back", async ({
  chat,
  crashGpu,
}) => {
  await chat.slowDown(100);
  await chat.beginAnswer(STORY);
  const shown = await chat.answerText();
  await chat.input.fill("And then?");
  await crashGpu();

  await expect(chat.alert).toContainText("The device that runs the model was reset");
  await expect(chat.stopButton).toBeHidden();
  await expect(chat.input).toHaveValue("And then?");
  await expect(chat.questions).toHaveText([STORY]);
  await expect(chat.answers).toHaveCount(1);
  await expect(chat.answers).toContainText("Not finished");
  const kept = await chat.answerText();
  expect(kept.startsWith(shown)).toBe(true);

  await chat.ready();
  const loads = await chat.measures("model.load");
  expect(loads.map(({ detail }) => detail.networkBytes > 0)).toEqual([true, false]);
  await chat.slowDown(0);
  await chat.retryButton.click();
  await expect(chat.alert).toHaveCount(0);
  await expect(chat.answers).not.toContainText("Not finished");
  await expect(chat.sendButton).toBeVisible({ timeout: 30_000 });
  await expect(chat.answers).toHaveCount(1);
  const whole = await chat.answerText();
  expect(whole.startsWith(kept)).toBe(true);
  expect(whole.length).toBeGreaterThan(kept.length);

  await chat.ask("And then?");
  await expect(chat.answers).toHaveCount(2);
});

test("a device lost between two answers is loaded onto again, unasked", async ({
  chat,
  crashGpu,
}) => {
  await chat.ask("Hi, my name is Bella.");
  await crashGpu();
  await expect(chat.status).toContainText("The device that runs the model was reset");
  // This is asked before the model is back. The answer waits for it.
  expect(await chat.ask("What is my name?")).toContain("Bella");
  await expect(chat.alert).toHaveCount(0);
  // Nothing was in the new device's cache, so what the answer knew was loaded or computed again.
  expect((await chat.measures("kv.restore")).at(-1)?.detail.reusedTokens).toBe(0);
});

test("a graphics card that is lost twice gives way to the processor", async ({
  chat,
  crashGpu,
}) => {
  await chat.ask("Hi, my name is Bella.");
  const useProcessor = chat.page.getByRole("button", { name: "Use the processor" });
  await crashGpu();
  await expect(chat.status).toContainText("The device that runs the model was reset");
  await chat.ready();
  await expect(useProcessor).toHaveCount(0);
  await crashGpu();
  const notice = chat.page.getByRole("region", { name: "Graphics card lost" });
  await expect(notice).toContainText("was lost twice in this visit");
  await useProcessor.click();
  await chat.ready();
  await expect(chat.status).toContainText("on the processor");
  await expect(notice).toHaveCount(0);
  await expect(chat.alert).toHaveCount(0);
  expect(await chat.ask("What is my name?")).toContain("Bella");
});
