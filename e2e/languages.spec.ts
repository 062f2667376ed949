import { type Browser, expect, test } from "@playwright/test";
import { complaintsOf } from "./pages/complaints.ts";
import { MEASURING, SHIPPED, type Server } from "./pages/servers.ts";

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
