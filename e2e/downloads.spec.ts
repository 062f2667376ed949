import { expect, type BrowserContext, type Locator, type Page } from "@playwright/test";
import { ChatPage } from "./pages/chat-page.ts";
import { FaultyServer } from "./pages/faulty-server.ts";
import { saved } from "./pages/kv-chat.ts";
import { ModelPicker } from "./pages/model-picker.ts";
import { EMBEDDED, GREEDY } from "./pages/pip.ts";
import { test } from "./pages/test.ts";

const PIP_BYTES = 9_348_480;

let server: FaultyServer;
let context: BrowserContext;
test.beforeEach(async ({ browser }) => {
  server = await FaultyServer.start();
  context = await browser.newContext({ baseURL: server.origin, serviceWorkers: "allow" });
});
test.afterEach(async () => {
  await context.close();
  await server.close();
});

/** The list of downloads, in the open settings. */
const listIn = (page: Page) => page.getByRole("region", { name: "Downloaded models" });

/** Opens the page with a download that an earlier visit has paused before anything came. */
async function openWithPaused(url: string, name: string): Promise<ChatPage> {
  const chat = new ChatPage(await context.newPage());
  await chat.goto(GREEDY);
  const left = [{ url, name, state: "paused", loadedBytes: 0 }];
  await chat.page.evaluate(
    (text) => localStorage.setItem("rekindle.downloads", text),
    JSON.stringify(left),
  );
  await chat.reload();
  await chat.openSettings("Models");
  return chat;
}

/** What has come of the download that is shown there, in MB. */
async function mbIn(shown: Locator): Promise<number> {
  const text = await shown.textContent();
  return Number(/([\d.]+) of [\d.]+ MB/.exec(text ?? "")?.[1] ?? 0);
}

const goOn = (page: Page, name: string) =>
  listIn(page).getByRole("button", { name: `Go on with ${name}` });

test("a model is picked, downloaded across faults and a reload, used offline, deleted, and had again", async () => {
  server.faults.push("unavailable", "cut", "wrong range", "cut");
  // What a reload loses on its way is little then.
  server.pauseMs = 30;
  const page = await context.newPage();
  const chat = new ChatPage(page);
  await chat.goto(EMBEDDED);
  await chat.ready();
  const picker = new ModelPicker(page);
  await picker.open();
  await picker.downloadFrom(server.mlc);
  const entry = picker.dialog.getByRole("listitem", { name: "pip", exact: true });
  await expect(entry.getByRole("button")).toHaveText(["Pause", "Cancel"]);
  await picker.close();
  // The model in use answers meanwhile.
  expect(await chat.ask("Hello!")).not.toBe("");
  const progress = page.getByRole("region", { name: "Downloading pip" });
  await progress.getByRole("button", { name: "Pause pip" }).click();
  await expect(progress).toContainText("Paused");
  await progress.getByRole("button", { name: "Resume pip" }).click();
  await expect.poll(() => mbIn(progress)).toBeGreaterThan(2);

  await chat.reload();
  // That it does not begin anew is seen in the bytes that the server has sent.
  await expect.poll(() => mbIn(progress)).toBeGreaterThan(1.5);
  server.pauseMs = 5;
  const done = page.getByRole("region", { name: "Downloaded" });
  await expect(done).toContainText("pip is on this device now.", { timeout: 30_000 });
  expect(server.faults).toEqual([]);
  expect(server.sentBytes).toBeLessThan(PIP_BYTES + 901_352 + 1e6);
  await chat.ready();
  await done.getByRole("button", { name: "Use it now" }).click();
  await expect(done).toHaveCount(0);
  await expect(picker.opener).toHaveText(/^pip/);
  await chat.ready();
  await chat.newConversation();
  expect(await chat.ask("Hi, my name is Bella.")).toContain("Bella");
  const stored = await saved(chat);

  await page.waitForFunction(() => navigator.serviceWorker.controller?.state === "activated");
  await context.setOffline(true);
  await chat.reload();
  await chat.ready();
  const [load] = await chat.measures("model.load");
  expect(load?.detail).toMatchObject({ url: server.mlc, networkBytes: 0 });
  expect(await chat.ask("What is my name?")).toContain("Bella");
  const { promptTokens = 0, prefilledTokens = 0 } = (await chat.prefills()).at(-1) ?? {};
  expect(promptTokens - prefilledTokens).toBeGreaterThanOrEqual(stored - 1);
  await expect(chat.alert).toHaveCount(0);

  await picker.open();
  await expect(entry).toContainText("Downloaded, 10.3 MB");
  await entry.getByRole("button", { name: "Delete pip" }).click();
  await entry.getByRole("button", { name: "Delete pip" }).click();
  await expect(entry).toHaveCount(0);
  await expect(picker.here.getByRole("status")).toHaveText("pip is not on this device any more.");
  await picker.here.getByRole("button", { name: "Use Pip", exact: true }).click();
  await chat.ready();
  await expect(chat.questions).toHaveText(["Hi, my name is Bella.", "What is my name?"]);
  await expect(chat.answers.last()).toContainText("Bella");
  const missing = page.getByRole("region", { name: "Model of this conversation" });
  await expect(missing).toContainText(/pip.* is not on this device any more \(9\.3 MB\)/);
  await context.setOffline(false);
  await missing.getByRole("button", { name: /^Download pip.* again \(9\.3 MB\)/ }).click();
  await expect(missing).toHaveCount(0);
  await chat.ready();
  expect(await chat.ask("And what is my name now?")).not.toBe("");
  await expect(chat.log.getByText("From here on")).toHaveCount(0);
});

test("a GGUF file is read offline where it was downloaded to, and is deleted", async () => {
  const chat = await openWithPaused(server.gguf, "Tiny");
  await goOn(chat.page, "Tiny").click();
  await expect(listIn(chat.page).getByRole("button")).toHaveText(["Delete"]);
  await chat.page.waitForFunction(() => navigator.serviceWorker.controller?.state === "activated");
  await context.setOffline(true);
  await chat.goto(`?temperature=0&maxTokens=4&model=${encodeURIComponent(server.gguf)}`);
  await chat.downloadButton.click();
  await chat.ready();
  await chat.ask("One two three.");
  await chat.openSettings("Models");
  await listIn(chat.page).getByRole("button", { name: "Delete Tiny" }).click();
  await expect(listIn(chat.page)).toHaveCount(0);
  await chat.reload();
  await chat.openSettings("Models");
  await expect(listIn(chat.page)).toHaveCount(0);
});

test("a full disk is said, and the download goes on when there is room again", async () => {
  server.isSlow = false;
  const chat = await openWithPaused(server.mlc, "Other");
  const devtools = await context.newCDPSession(chat.page);
  const quota = { origin: server.origin, quotaSize: 4e6 };
  await devtools.send("Storage.overrideQuotaForOrigin", quota);
  await goOn(chat.page, "Other").click();
  await expect(listIn(chat.page)).toContainText(/The download needs|no storage left/);
  await devtools.send("Storage.overrideQuotaForOrigin", { origin: server.origin });
  await goOn(chat.page, "Other").click();
  await expect(listIn(chat.page).getByRole("button")).toHaveText(["Delete"], { timeout: 30_000 });
});

test("one tab downloads and another sees it, pauses it, and goes on when the first one is closed", async () => {
  // The second tab has to open before all is there.
  server.pauseMs = 60;
  const chat = await openWithPaused(server.mlc, "Other");
  await goOn(chat.page, "Other").click();
  await expect.poll(() => mbIn(listIn(chat.page))).toBeGreaterThan(0.5);
  const second = new ChatPage(await context.newPage());
  await second.goto(GREEDY);
  await second.openSettings("Models");
  await listIn(second.page).getByRole("button", { name: "Pause Other" }).click();
  await expect(listIn(chat.page)).toContainText("paused");
  server.pauseMs = 30;
  await goOn(second.page, "Other").click();
  await expect(listIn(chat.page).getByRole("button", { name: "Pause Other" })).toBeVisible();
  await chat.page.close();
  server.isSlow = false;
  await expect(listIn(second.page).getByRole("button")).toHaveText(["Delete"], { timeout: 30_000 });
  expect(server.sentBytes).toBeLessThan(PIP_BYTES + 901_352 + 1e6);
});
