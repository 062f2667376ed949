import { type Browser, expect } from "@playwright/test";
import { complaintsOf } from "./pages/complaints.ts";
import { MEASURING, SHIPPED, type Server } from "./pages/servers.ts";
import { test } from "./pages/test.ts";

/** Opens the page for a reader of that language. @returns the page, and which catalogues it has fetched */
async function openIn(browser: Browser, locale: string, { url }: Server) {
  const context = await browser.newContext({ locale, baseURL: url });
  const page = await context.newPage();
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
  // What was written keeps its own direction.
  await expect(field).toHaveCSS("direction", "ltr");
  await choice.selectOption("de");
  await expect(page.getByRole("dialog", { name: "Einstellungen" })).toBeVisible();
  await expect(root).toHaveAttribute("dir", "ltr");
  await page.keyboard.press("Escape");
  await expect(field).toHaveValue("A draft");
  await page.reload();
  await expect(page.getByRole("textbox", { name: "Nachricht" })).toBeVisible();
});
