import { expect, type Page } from "@playwright/test";
import { accented } from "./pages/accented.ts";
import { hindrances } from "./pages/axe.ts";
import { ChatPage } from "./pages/chat-page.ts";
import { policyViolations, watchPolicy } from "./pages/policy-violations.ts";
import { SCREENS, WRITTEN } from "./pages/screens.ts";
import { MEASURING } from "./pages/servers.ts";
import { test } from "./pages/test.ts";
import { unmarkedWords } from "./pages/unmarked-words.ts";

/** The pseudo-language shows what is missing from the catalogue, and all of its words take the room that accents take. */
const LANGUAGE = { locale: "en-XA", baseURL: MEASURING.url, reducedMotion: "reduce" } as const;

let shared: ChatPage;
test.beforeAll(async ({ browser }) => {
  const context = await browser.newContext(LANGUAGE);
  await watchPolicy(context);
  shared = new ChatPage(await context.newPage(), accented);
  await shared.goto("?temperature=0");
  await shared.ready();
});
test.afterAll(() => shared.page.context().close());

/** What moves by itself, which nothing does for those who do not want it. */
const movements = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    document.getAnimations().map(({ effect }) => {
      const { target } = effect as KeyframeEffect;
      return `${target?.className ?? "something"} moves`;
    }),
  );

/**
 * What is wrong with a screen: what the page's policy has refused, rules of axe that are broken, in light and in dark
 * colours, words of no catalogue, and movements.
 */
async function faults(page: Page): Promise<string[]> {
  await page.emulateMedia({ colorScheme: "light" });
  const found = [
    ...(await policyViolations(page)),
    ...(await movements(page)),
    ...(await hindrances(page)),
    ...(await unmarkedWords(page, WRITTEN)),
  ];
  // Nothing else depends on the colours.
  await page.emulateMedia({ colorScheme: "dark" });
  return [...found, ...(await hindrances(page, { rules: ["color-contrast"] }))];
}

for (const [group, show] of Object.entries(SCREENS))
  test(`${group}: nothing hinders anybody on any screen, and no word is missing from the catalogue`, async () => {
    await shared.newConversation();
    const look = async (screen: string) =>
      expect.soft(await faults(shared.page), screen).toEqual([]);
    await show(shared, look);
  });

test("so it is where something went wrong, is asked, or is written from right to left", async ({
  browser,
}) => {
  const context = await browser.newContext(LANGUAGE);
  await watchPolicy(context);
  const page = await context.newPage();
  const chat = new ChatPage(page, accented);
  const look = async (screen: string) => expect.soft(await faults(page), screen).toEqual([]);
  await chat.goto("?model=https://huggingface.co/mlc-ai/SmolLM2-135M-Instruct-q0f16-MLC");
  await expect(chat.downloadButton).toBeVisible();
  await look("a question about a model");

  await page.route("**/models/**", (route) => route.abort());
  await chat.goto();
  await expect(chat.alert.first()).toBeVisible();
  await look("an error");
  await page.setViewportSize({ width: 320, height: 568 });
  await look("an error in a narrow window");
  await chat.showConversations();
  await look("the conversations in a narrow window");

  await page.evaluate(() => localStorage.setItem("rekindle.language", "ar"));
  await page.setViewportSize({ width: 1280, height: 720 });
  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("dir", "rtl");
  expect.soft(await hindrances(page), "from right to left").toEqual([]);
  await context.close();
});
