import { expect, type Page } from "@playwright/test";
import { ChatPage } from "./pages/chat-page.ts";
import { ModelPicker } from "./pages/model-picker.ts";
import { GREEDY } from "./pages/pip.ts";
import { test } from "./pages/test.ts";

test.use({ serviceWorkers: "allow" });

/** Waits until a service worker is in charge: before that, a reload needs the network. */
async function shellIsStored(page: Page): Promise<void> {
  await page.waitForFunction(() => navigator.serviceWorker.controller?.state === "activated");
}

test("after the first visit the network is not needed any more", async ({ page, context }) => {
  const chat = new ChatPage(page);
  await chat.goto(GREEDY);
  await chat.ready();
  await shellIsStored(page);

  await context.setOffline(true);
  await chat.ask("Hi, my name is Bella.");
  expect(await chat.ask("What is my name?")).toContain("Bella");

  const response = await page.reload();
  expect(response?.fromServiceWorker()).toBe(true);
  await expect(chat.answers).toHaveCount(2);
  await chat.ready();
  await expect(chat.alert).toHaveCount(0);
  const [load] = await chat.measures("model.load");
  expect(load?.detail.networkBytes).toBe(0);
  expect(await chat.ask("What is my name?")).toContain("Bella");
  await chat.openSettings("Your data");
  await chat.closeStorage();
  const picker = new ModelPicker(page);
  await picker.open();
  await picker.close();
  await page.getByRole("button", { name: "Conversation settings", exact: true }).click();
  await expect(page.getByRole("dialog", { name: "Conversation settings" })).toBeVisible();
});
