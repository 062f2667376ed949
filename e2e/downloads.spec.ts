import { expect, type BrowserContext, type Page } from "@playwright/test";
import { ChatPage } from "./pages/chat-page.ts";
import { FaultyServer } from "./pages/faulty-server.ts";
import { GREEDY } from "./pages/pip.ts";
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

/** What has come, in MB, as the list says it. */
async function loadedMb(page: Page): Promise<number> {
  const text = await listIn(page).getByRole("listitem").textContent();
  return Number(/([\d.]+) of [\d.]+ MB/.exec(text ?? "")?.[1] ?? 0);
}

const goOn = (page: Page, name: string) =>
  listIn(page).getByRole("button", { name: `Go on with ${name}` });

test("a download survives cuts, wrong answers and a reload, and the model runs offline from it", async () => {
  server.faults.push("unavailable", "cut", "wrong range", "cut");
  // What a reload loses on its way is little then.
  server.pauseMs = 30;
  const chat = await openWithPaused(server.mlc, "Other");
  await goOn(chat.page, "Other").click();
  await expect.poll(() => loadedMb(chat.page)).toBeGreaterThan(2);
  await chat.reload();
  await chat.openSettings("Models");
  // That it does not begin anew is seen in the bytes that the server has sent, below.
  await expect.poll(() => loadedMb(chat.page)).toBeGreaterThan(1.5);
  const row = listIn(chat.page).getByRole("listitem");
  await expect(row).toContainText("10.3 MB", { timeout: 30_000 });
  await expect(row).not.toContainText("of");
  await expect(row.getByRole("button")).toHaveText(["Delete"]);
  expect(server.faults).toEqual([]);
  expect(server.sentBytes).toBeLessThan(PIP_BYTES + 901_352 + 1e6);

  await chat.page.waitForFunction(() => navigator.serviceWorker.controller?.state === "activated");
  await context.setOffline(true);
  await chat.goto(`?temperature=0&model=${encodeURIComponent(server.mlc)}`);
  await chat.downloadButton.click();
  await chat.ready();
  expect(await chat.ask("Hi, my name is Bella.")).toContain("Bella");
  const [load] = await chat.measures("model.load");
  expect(load?.detail.networkBytes).toBe(0);
  await expect(chat.alert).toHaveCount(0);
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
  await expect.poll(() => loadedMb(chat.page)).toBeGreaterThan(0.5);
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
