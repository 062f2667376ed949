import { expect } from "@playwright/test";
import { hindrances } from "./pages/axe.ts";
import { ChatPage } from "./pages/chat-page.ts";
import { complaintsOf } from "./pages/complaints.ts";
import { ModelPicker } from "./pages/model-picker.ts";
import { EMBEDDED, GREEDY } from "./pages/pip.ts";
import { test } from "./pages/test.ts";

test("the picker is opened and searched by keyboard, and gives the focus back", async ({
  chat,
}) => {
  const complaints = complaintsOf(chat.page);
  const picker = new ModelPicker(chat.page);
  await expect(picker.opener).toHaveText(/^Pip/);
  await picker.opener.focus();
  await chat.page.keyboard.press("Enter");
  await expect(picker.search).toBeVisible();
  await expect(picker.here.getByRole("listitem")).toHaveText([/Pip.*Part of this page.*In use/]);

  // A busy processor may be taken for one that is too slow for this model.
  await picker.onlyFitting.click();
  await picker.search.focus();
  await chat.page.keyboard.type("smollm2 360");
  await expect(picker.more.getByRole("listitem")).toHaveCount(1);
  const entry = picker.entry("SmolLM2 360M");
  await expect(entry).toContainText(/Fits|It is slow on the processor/);
  await expect(entry).toContainText("Quick on small devices · English · Apache 2.0");
  await expect(entry).toContainText(
    "about 203.5 MB to download · 371.3 MB of memory with 4,096 tokens",
  );
  await expect(entry).toContainText("Resumes instantly");
  // A shorter context takes less memory.
  await picker.dialog.getByRole("combobox", { name: "Room for" }).selectOption("1,024 tokens");
  await expect(entry).toContainText("245.4 MB of memory with 1,024 tokens");
  await picker.dialog.getByRole("combobox", { name: "Room for" }).selectOption("4,096 tokens");

  await chat.page.keyboard.press("Escape");
  await expect(picker.dialog).toBeHidden();
  await expect(picker.opener).toBeFocused();
  expect(complaints).toEqual([]);
});

test("what does not fit is shown when it is asked for, with the reason", async ({ chat }) => {
  const picker = new ModelPicker(chat.page);
  await picker.open();
  await picker.search.fill("gemma 2 9b");
  await expect(picker.more.getByRole("status")).toHaveText(
    "No models. 1 more is too large or not sure to fit.",
  );
  await picker.onlyFitting.click();
  const entry = picker.entry("Gemma 2 9B");
  await expect(entry).toContainText("Does not fit");
  await expect(entry).toContainText(
    "It runs on a graphics card only, and this browser offers none.",
  );
  await expect(entry).toContainText("Re-reads the conversation");
  await picker.search.fill("qwen3 1.7b");
  await expect(picker.entry("Qwen3 1.7B")).toContainText("May not fit");
  await expect(picker.entry("Qwen3 1.7B")).toContainText("It is slow on the processor");
  await picker.close();
});

test("an address is refused where nothing can be fetched from, and says what helps", async ({
  chat,
}) => {
  const picker = new ModelPicker(chat.page);
  await picker.open();
  await picker.downloadFrom("https://example.org/models/m.gguf");
  await expect(picker.dialog.getByRole("alert")).toHaveText(
    /from huggingface\.co only\. Download the file from example\.org yourself, and open it from disk\./,
  );
  await expect(picker.address).toHaveValue("https://example.org/models/m.gguf");
  await picker.downloadFrom("qwen");
  await expect(picker.dialog.getByRole("alert")).toContainText("not the address of a model");
  await picker.close();
});

test("the picker hinders nobody, wide or narrow, light or dark", async ({ chat }) => {
  const { page } = chat;
  const [wide, narrow] = [page.viewportSize(), { width: 390, height: 844 }];
  if (!wide) throw new Error("the window has no size");
  const picker = new ModelPicker(page);
  for (const [size, colorScheme] of [
    [wide, "light"],
    [narrow, "light"],
    [wide, "dark"],
  ] as const) {
    await page.setViewportSize(size);
    // Colours that are on their way to others are not looked at.
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    expect(await hindrances(page)).toEqual([]);
    await picker.open();
    await expect(picker.more.getByRole("status")).toContainText("not sure to fit");
    expect(await hindrances(page)).toEqual([]);
    await picker.onlyFitting.click();
    await picker.more.scrollIntoViewIfNeeded();
    expect(await hindrances(page)).toEqual([]);
    await picker.onlyFitting.click();
    await picker.close();
  }
  await page.setViewportSize(wide);
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
});

test.describe("downloads", () => {
  // Requests that a service worker makes would not be seen.
  test.use({ serviceWorkers: "block" });

  test("a model of the catalogue that cannot be had is tried again, or taken back", async ({
    page,
    context,
  }) => {
    await context.route("https://huggingface.co/**", (route) =>
      route.abort("internetdisconnected"),
    );
    const chat = new ChatPage(page);
    await chat.goto(EMBEDDED);
    await chat.ready();
    const picker = new ModelPicker(page);
    await picker.open();
    // A busy processor may be taken for one that is too slow for this model.
    await picker.onlyFitting.click();
    const entry = picker.entry("SmolLM2 360M");
    await entry.getByRole("button", { name: /^Download SmolLM2 360M, about/ }).click();
    await expect(entry.getByRole("button", { name: /SmolLM2 360M$/ }).first()).toBeVisible();
    await entry.getByRole("button", { name: "Cancel SmolLM2 360M" }).click();
    await expect(entry.getByRole("button", { name: /^Download SmolLM2 360M/ })).toBeVisible();
    await expect(entry.getByRole("progressbar")).toHaveCount(0);
  });
});

/** Has the page believe that there is this graphics card. Workers see what is really there. */
const NVIDIA = () => {
  const adapter = {
    features: new Set(["shader-f16"]),
    limits: {
      maxBufferSize: 2 ** 32,
      maxStorageBufferBindingSize: 2 ** 31,
      maxComputeWorkgroupStorageSize: 32_768,
      maxStorageBuffersPerShaderStage: 10,
    },
    info: { vendor: "nvidia", architecture: "ampere", description: "", isFallbackAdapter: false },
  };
  Object.defineProperty(navigator, "gpu", {
    value: { requestAdapter: () => Promise.resolve(adapter) },
  });
};

test("on a card that can do better one model is offered, and a no is remembered", async ({
  page,
}) => {
  await page.addInitScript(NVIDIA);
  const chat = new ChatPage(page);
  await chat.goto(GREEDY);
  await chat.ready();
  const offer = page.getByRole("region", { name: "A better model" });
  await expect(offer).toContainText("This device can run Qwen3 4B");
  await expect(offer.getByRole("button")).toHaveText([
    "Download Qwen3 4B (about 2.3 GB)",
    "Not now",
  ]);
  expect(await hindrances(page)).toEqual([]);
  await offer.getByRole("button", { name: "Not now" }).click();
  await expect(offer).toHaveCount(0);
  await chat.reload();
  await chat.ready();
  await expect(offer).toHaveCount(0);
});
