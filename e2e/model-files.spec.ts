import { fileURLToPath } from "node:url";
import { expect } from "@playwright/test";
import { ChatPage } from "./pages/chat-page.ts";
import { complaintsOf } from "./pages/complaints.ts";
import { restored, saved } from "./pages/kv-chat.ts";
import { ModelPicker } from "./pages/model-picker.ts";
import { dropFile, serveWithModel, TINY_MODEL, tinyModelFile } from "./pages/model-file.ts";
import { test } from "./pages/test.ts";

const SHORT = "?temperature=0&maxTokens=8";

test.describe("with a service worker", () => {
  test.use({ serviceWorkers: "allow" });

  test("a dropped model answers at once, is kept as a copy, and goes on offline after a reload", async ({
    page,
    context,
  }) => {
    const complaints = complaintsOf(page);
    const chat = new ChatPage(page);
    await chat.goto(SHORT);
    await chat.ready();
    await chat.input.fill("What was typed");
    await dropFile(page, await tinyModelFile());
    const keep = page.getByRole("button", { name: /^Keep a copy in this browser/ });
    await expect(keep).toHaveText("Keep a copy in this browser (110.1 kB)");
    await chat.ready();
    await expect(chat.input).toHaveValue("What was typed");
    await expect(page.getByRole("button", { name: "Use Pip", exact: true })).toBeVisible();
    // What else the row says leaves room for the name.
    const name = page.getByRole("button", { name: /^Model: / }).getByText(/\w/);
    expect((await name.boundingBox())?.width).toBeGreaterThan(40);
    await keep.click();
    await expect(page.getByRole("region", { name: "Keep the model" })).toHaveCount(0);

    await chat.ask("One two three.");
    const stored = await saved(chat);
    await page.waitForFunction(() => navigator.serviceWorker.controller?.state === "activated");
    expect(complaints).toEqual([]);
    await context.setOffline(true);
    await page.reload();
    await expect(chat.answers).toHaveCount(1);
    await chat.ready();
    const { loadedTokens } = await restored(chat);
    expect(loadedTokens).toBeGreaterThanOrEqual(stored - 1);
    await chat.ask("Four.");
    const { promptTokens = 0, prefilledTokens = 0 } = (await chat.prefills()).at(-1) ?? {};
    expect(promptTokens - prefilledTokens).toBeGreaterThanOrEqual(stored);
    await expect(chat.alert).toHaveCount(0);

    await chat.openSettings("Models");
    await chat.storage.getByRole("button", { name: `Delete ${TINY_MODEL.name}` }).click();
    await expect(chat.storage.getByRole("heading", { name: "Model files" })).toHaveCount(0);
  });
});

test("a file that is no model is refused, and nothing is lost by it", async ({ page }) => {
  const chat = new ChatPage(page);
  await chat.goto(SHORT);
  await chat.ready();
  await chat.input.fill("What was typed");
  await dropFile(page, { name: "notes.txt", content: "milk, bread" });
  await expect(page.getByRole("list", { name: "Attached files" })).toContainText("notes.txt");
  await dropFile(page, { name: "notes.gguf", content: "milk, bread" });
  await expect(chat.alert).toContainText("its content is something else");

  const broken = Buffer.from((await tinyModelFile()).content).subarray(0, 5000);
  await dropFile(page, { name: "broken.gguf", content: broken });
  await expect(chat.alert.getByRole("button", { name: "Use Pip instead" })).toBeVisible();
  await chat.usePipButton.click();
  await chat.ready();
  await expect(chat.alert).toHaveCount(0);
  await expect(chat.input).toHaveValue("What was typed");
});

test("a visit begins with the served model, and Pip answers where it was picked", async ({
  browser,
}) => {
  const server = await serveWithModel({ ...TINY_MODEL, name: "Tiny" });
  const context = await browser.newContext({ baseURL: server.origin });
  const chat = new ChatPage(await context.newPage());
  await chat.goto(SHORT);
  await chat.ready();
  const usePip = chat.page.getByRole("button", { name: "Use Pip", exact: true });
  const useTiny = chat.page.getByRole("button", { name: /^Use Tiny \(110\.1 kB/ });
  await usePip.click();
  await expect(useTiny).toBeVisible();
  await chat.ready();
  await chat.reload();
  await chat.ready();
  await useTiny.click();
  await expect(usePip).toBeVisible();
  await chat.ready();
  await chat.ask("One two three.");
  await chat.reload();
  await chat.ready();
  await expect(usePip).toBeVisible();
  await expect(chat.modelQuestion).toHaveCount(0);
  await context.close();
  await server.close();
});

/** Pip as a folder on the disk. */
const FOLDER = fileURLToPath(new URL("../public/models/pip-4.7m/mlc-q4f16_1", import.meta.url));

test("a folder answers, nothing of it is kept, and after a reload it is asked for and goes on", async ({
  page,
}) => {
  const complaints = complaintsOf(page);
  const chat = new ChatPage(page);
  await chat.goto(SHORT);
  await chat.ready();
  const picker = new ModelPicker(page);
  await picker.open();
  const picked = page.waitForEvent("filechooser");
  await picker.dialog.getByRole("button", { name: "Open a folder…" }).click();
  await (await picked).setFiles(FOLDER);
  // The list in the dialog has such a button too.
  await expect(picker.dialog).toBeHidden();
  await expect(page.getByRole("button", { name: "Use Pip", exact: true })).toBeVisible();
  await chat.ready();
  await chat.ask("One two three.");
  const stored = await saved(chat);
  await expect(page.getByRole("region", { name: "Keep the model" })).toHaveCount(0);

  await chat.reload();
  const question = page.getByRole("region", { name: "Open mlc-q4f16_1 again?" });
  const again = page.waitForEvent("filechooser");
  await question.getByRole("button", { name: "Open a folder…" }).click();
  await (await again).setFiles(FOLDER);
  await chat.ready();
  const { loadedTokens } = await restored(chat);
  expect(loadedTokens).toBeGreaterThanOrEqual(stored - 1);
  expect(complaints).toEqual([]);
});
