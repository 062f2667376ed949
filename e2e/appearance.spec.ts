import { expect, test, type Page } from "@playwright/test";
import { ChatPage } from "./pages/chat-page.ts";

const ground = (page: Page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);

test("colours and the size of text can be chosen, and are there before the page is", async ({
  page,
}) => {
  const chat = new ChatPage(page);
  await page.emulateMedia({ colorScheme: "light" });
  await chat.goto();
  const light = await ground(page);
  await chat.openSettings("General");
  await chat.storage.getByRole("radio", { name: "Dark" }).check();
  await chat.storage.getByRole("radio", { name: "Very large" }).check();
  const dark = await ground(page);
  expect(dark).not.toBe(light);

  // Without the page's own script, what is drawn first is as it was chosen.
  await page.route("**/assets/*.js", (route) => route.abort());
  await page.reload();
  expect(await ground(page)).toBe(dark);
  expect(await page.evaluate(() => getComputedStyle(document.documentElement).fontSize)).toBe(
    "21px",
  );
});

// 1280 × 1024 at 400 %, the narrowest phone, and a phone on its side.
for (const [width, height] of [
  [320, 256],
  [320, 568],
  [740, 360],
] as const)
  test(`with an error shown, a window of ${width} × ${height} has room for the thread`, async ({
    page,
  }) => {
    await page.setViewportSize({ width, height });
    await page.route("**/models/**", (route) => route.abort());
    const chat = new ChatPage(page);
    await chat.goto();
    await expect(chat.alert.first()).toBeVisible();
    const thread = await page.locator(".thread").boundingBox();
    expect(thread?.height).toBeGreaterThan(60);
    const sizes = await page.evaluate(() => {
      const { scrollWidth, clientWidth } = document.documentElement;
      return { scrollWidth, clientWidth };
    });
    expect(sizes.scrollWidth).toBeLessThanOrEqual(sizes.clientWidth);
    // What does not fit can be reached.
    await chat.input.scrollIntoViewIfNeeded();
    await chat.input.fill("Hello!");
    await expect(chat.input).toBeInViewport();
  });
