import { expect } from "@playwright/test";
import { ChatPage } from "./pages/chat-page.ts";
import { restored, restores, saved } from "./pages/kv-chat.ts";
import { GREEDY, LONG, ON_GPU } from "./pages/pip.ts";
import { test } from "./pages/test.ts";

test("another device is chosen in the settings, and the conversation goes on from what is stored", async ({
  page,
}) => {
  const chat = new ChatPage(page);
  await chat.goto(`${GREEDY}${ON_GPU}&maxTokens=24`);
  await chat.ask("Hi, my name is Bella.");
  await chat.ask(LONG);
  await expect(chat.status).toHaveText("Ready");
  const stored = await saved(chat);
  const before = (await restores(chat)).length;

  await chat.openSettings("Models");
  await expect(chat.runsOn).toHaveValue("gpu");
  await chat.runsOn.selectOption("Processor");
  await expect(chat.storage).toContainText(
    /The model in use writes (about|over) \d+ tokens a second/,
  );
  await chat.closeStorage();
  await expect(chat.status).toContainText("on the processor");
  const { reusedTokens, loadedTokens, recomputedTokens } = await restored(chat, before);
  expect(reusedTokens).toBe(0);
  expect(loadedTokens + recomputedTokens).toBeGreaterThanOrEqual(stored - 1);
  expect(await chat.ask("What is my name?")).toContain("Bella");
  const { promptTokens = 0, prefilledTokens = 0 } = (await chat.prefills()).at(-1) ?? {};
  expect(promptTokens - prefilledTokens).toBeGreaterThanOrEqual(stored - 1);
  await expect(chat.alert).toHaveCount(0);
});
