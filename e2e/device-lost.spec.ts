import { expect } from "@playwright/test";
import { ChatPage } from "./pages/chat-page.ts";
import { restores, saved } from "./pages/kv-chat.ts";
import { EXACT, GREEDY, LONG, ON_GPU, STORY } from "./pages/pip.ts";
import { MEASURING } from "./pages/servers.ts";
import { test as base } from "./pages/test.ts";

const CHUNK_TOKENS = 128;

/**
 * Gives each test a browser of its own, because after a second crash of its GPU process Chromium offers no adapter any
 * more.
 */
const test = base.extend<{ chat: ChatPage; crashGpu: () => Promise<void> }>({
  chat: async ({ playwright, baseURL }, use) => {
    const browser = await playwright.chromium.launch();
    const context = await browser.newContext(baseURL === undefined ? {} : { baseURL });
    await use(new ChatPage(await context.newPage()));
    await browser.close();
  },
  crashGpu: async ({ chat }, use) => {
    const devtools = await chat.page.context().browser()?.newBrowserCDPSession();
    await use(async () => {
      await devtools?.send("Browser.crashGpuProcess");
    });
  },
});

test("an answer whose device is lost goes on by itself where it was, and says what it would have said", async ({
  chat,
  crashGpu,
}) => {
  // A software GPU is slow, and the end of the story does not matter.
  await chat.page.goto(`${MEASURING.url}/${EXACT}${ON_GPU}&maxTokens=48`);
  await chat.ready();
  await chat.ask(LONG);
  await chat.ask(STORY);
  const undisturbed = await chat.answerText();
  await chat.newConversation();
  await chat.ask(LONG);
  await saved(chat);
  const [restored, prefilled] = [(await restores(chat)).length, (await chat.prefills()).length];

  await chat.slowDown(100);
  await chat.beginAnswer(STORY);
  const shown = await chat.answerText();
  await chat.input.fill("And then?");
  await crashGpu();
  await expect(chat.status).toContainText("The device that runs the model was reset");
  await chat.slowDown(0);
  await expect(chat.stopButton).toBeHidden({ timeout: 60_000 });

  await expect(chat.alert).toHaveCount(0);
  await expect(chat.answers).toHaveCount(2);
  await expect(chat.answers.last()).not.toContainText("Not finished");
  expect(shown.length).toBeLessThan(undisturbed.length);
  expect(await chat.answerText()).toBe(undisturbed);
  await expect(chat.input).toHaveValue("And then?");

  // The rows of all full chunks came from the store, and the rest was run again.
  const after = (await chat.prefills()).slice(prefilled + 1);
  expect(after.at(-1)?.promptTokens).toBeGreaterThan(CHUNK_TOKENS);
  const computed = (await restores(chat)).slice(restored).map((one) => one.recomputedTokens);
  const again = [...computed, ...after.map((one) => one.prefilledTokens)];
  expect(again.reduce((sum, tokens) => sum + tokens, 0)).toBeLessThanOrEqual(CHUNK_TOKENS);
  const loads = await chat.measures("model.load");
  expect(loads.at(-1)?.detail.networkBytes).toBe(0);
});

test("a device lost between two answers is loaded onto again, unasked", async ({
  chat,
  crashGpu,
}) => {
  await chat.goto(GREEDY + ON_GPU);
  await chat.ask("Hi, my name is Bella.");
  await crashGpu();
  await expect(chat.status).toContainText("The device that runs the model was reset");
  // This is asked before the model is back. The answer waits for it.
  expect(await chat.ask("What is my name?")).toContain("Bella");
  await expect(chat.alert).toHaveCount(0);
  // Nothing was in the new device's cache, so what the answer knew was loaded or computed again.
  expect((await chat.measures("kv.restore")).at(-1)?.detail.reusedTokens).toBe(0);
});

test("a graphics card that is lost twice gives way to the processor, where an answer goes on", async ({
  chat,
  crashGpu,
}) => {
  await chat.goto(GREEDY + ON_GPU);
  await chat.ask("Hi, my name is Bella.");
  const useProcessor = chat.page.getByRole("button", { name: "Use the processor" });
  await crashGpu();
  await expect(chat.status).toContainText("The device that runs the model was reset");
  await chat.ready();
  await expect(useProcessor).toHaveCount(0);
  await chat.slowDown(100);
  await chat.beginAnswer(STORY);
  const shown = await chat.answerText();
  await chat.input.fill("What is my name?");
  await crashGpu();
  const notice = chat.page.getByRole("region", { name: "Graphics card lost" });
  await expect(notice).toContainText("was lost twice in this visit");
  // Nobody takes the place unasked of what was chosen.
  await expect(chat.alert).toContainText("The browser found no graphics device");
  expect(await chat.answerText()).toContain(shown);

  await useProcessor.click();
  await chat.ready();
  await expect(chat.status).toContainText("on the processor");
  await expect(notice).toHaveCount(0);
  await expect(chat.alert).toHaveCount(0);
  await expect(chat.input).toHaveValue("What is my name?");
  await chat.page.getByRole("button", { name: "Continue" }).click();
  await expect(chat.stopButton).toBeHidden();
  await expect(chat.answers.last()).not.toContainText("Not finished");
  const whole = await chat.answerText();
  expect(whole.startsWith(shown)).toBe(true);
  expect(whole.length).toBeGreaterThan(shown.length);
  expect(await chat.ask("What is my name?")).toContain("Bella");
});
