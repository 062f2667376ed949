import { type Browser, expect, test } from "@playwright/test";
import { complaintsOf } from "./pages/complaints.ts";
import { MEASURING, SHIPPED, type Server } from "./pages/servers.ts";
import { unmarkedWords } from "./pages/unmarked-words.ts";

/** Opens the page for a reader of that language, perhaps where no model can be fetched. @returns the page, and which catalogues it has fetched */
async function openIn(
  browser: Browser,
  locale: string,
  { url }: Server,
  { isOffline = false } = {},
) {
  const context = await browser.newContext({ locale, baseURL: url });
  const page = await context.newPage();
  if (isOffline) await page.route("**/models/**", (route) => route.abort());
  const complaints = complaintsOf(page);
  const catalogues: string[] = [];
  page.on("request", (request) => {
    if (request.url().includes("/en-XA")) catalogues.push(request.url());
  });
  await page.goto("/");
  return { page, root: page.locator("html"), catalogues, complaints };
}

// The pseudo-language "en-XA" is English with accents. Only the build for measuring has it.
test("the page speaks the reader's language, and fetches its catalogue alone", async ({
  browser,
}) => {
  const accented = await openIn(browser, "en-XA", MEASURING);
  await expect(accented.page.getByRole("textbox")).toHaveAttribute("placeholder", /^Ŵ/);
  await expect(accented.root).toHaveAttribute("lang", "en-XA");
  await expect(accented.root).toHaveAttribute("dir", "ltr");
  expect(accented.catalogues).toHaveLength(1);
  expect(accented.complaints).toEqual([]);

  for (const [locale, server] of [
    ["en-GB", MEASURING],
    ["tlh", SHIPPED],
  ] as const) {
    const english = await openIn(browser, locale, server);
    await expect(english.page.getByRole("textbox", { name: "Message" })).toBeVisible();
    await expect(english.root).toHaveAttribute("lang", "en");
    expect(english.catalogues).toEqual([]);
  }
});

test("no word on any screen is missing from the catalogue", async ({ browser }) => {
  const { page } = await openIn(browser, "en-XA", MEASURING);
  const complete = async (screen: string) =>
    expect.soft(await unmarkedWords(page, "Hello"), screen).toEqual([]);
  const close = () => page.keyboard.press("Escape");
  const field = page.locator(".composer textarea");
  await complete("an empty conversation");
  await field.fill("Hello!");
  await field.press("Enter");
  await expect(page.locator("article.assistant[aria-busy=false]")).toBeVisible({ timeout: 60_000 });
  await page.locator("article.user").hover();
  await complete("a conversation");

  await page.locator(".settings-button").click();
  const tabs = page.getByRole("tab");
  await expect(tabs.first()).toBeVisible();
  for (const tab of await tabs.all()) {
    await tab.click();
    await complete(`the settings, ${await tab.innerText()}`);
  }
  await close();
  await page.locator(".chooser").click();
  await expect(page.getByRole("searchbox")).toBeVisible();
  await complete("the choice of models");
  await close();
  await page.keyboard.press("Control+/");
  await expect(page.getByRole("dialog")).toBeVisible();
  await complete("the shortcuts");
  await close();

  await page.goto("/?model=https://huggingface.co/mlc-ai/SmolLM2-135M-Instruct-q0f16-MLC");
  await expect(page.locator(".consent")).toBeVisible();
  await complete("a question about a model");

  // A page that has no model yet.
  const failing = await openIn(browser, "en-XA", MEASURING, { isOffline: true });
  await expect(failing.page.getByRole("alert").first()).toBeVisible();
  expect(await unmarkedWords(failing.page)).toEqual([]);
});

test("another language is chosen in the settings, from right to left where it is written so", async ({
  browser,
}) => {
  const { page, root } = await openIn(browser, "en-GB", SHIPPED);
  const field = page.locator(".composer textarea");
  await field.fill("A draft");
  await page.getByRole("button", { name: "Settings", exact: true }).click();
  const choice = page.getByRole("dialog").getByRole("combobox").first();
  await choice.selectOption("ar");
  await expect(root).toHaveAttribute("dir", "rtl");
  // The dialog is still open, and what was typed is there.
  await expect(page.getByRole("dialog", { name: "الإعدادات" })).toBeVisible();
  await choice.selectOption("de");
  await expect(page.getByRole("dialog", { name: "Einstellungen" })).toBeVisible();
  await expect(root).toHaveAttribute("dir", "ltr");
  await page.keyboard.press("Escape");
  await expect(field).toHaveValue("A draft");
  await page.reload();
  await expect(page.getByRole("textbox", { name: "Nachricht" })).toBeVisible();
});
