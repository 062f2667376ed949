import { expect, type Locator, type Page } from "@playwright/test";
import { ChatPage } from "./pages/chat-page.ts";
import { GREEDY } from "./pages/pip.ts";
import { test } from "./pages/test.ts";

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

/** The colour that the system gives to something, as the browser writes it. */
const systemColour = (page: Page, name: string) =>
  page.evaluate((colour) => {
    document.body.style.outlineColor = colour;
    const { outlineColor } = getComputedStyle(document.body);
    document.body.style.outlineColor = "";
    return outlineColor;
  }, name);

/** The style of an element, or of the first one around it that has that class. */
const styleOf = (part: Locator, property: string, around = "*") =>
  part.evaluate(
    (element, [name, selector]) =>
      getComputedStyle(element.closest(selector) ?? element).getPropertyValue(name),
    [property, around] as const,
  );

test("in the system's own colours, what is said, open, chosen and full can still be told apart", async ({
  page,
}) => {
  await page.emulateMedia({ forcedColors: "active" });
  const chat = new ChatPage(page);
  await chat.goto(GREEDY);
  await chat.ask("Hello!");
  const highlight = await systemColour(page, "Highlight");
  expect(await styleOf(chat.questions, "border-top-style")).toBe("solid");
  const row = chat.conversation("Hello!");
  expect(await styleOf(row, "outline-color", ".conversation-row")).toBe(highlight);
  const gauge = page.getByRole("button", { name: /^Context: / });
  const line = gauge.locator("circle").last();
  expect(await styleOf(line, "stroke")).toBe(await systemColour(page, "CanvasText"));
  await page.getByRole("button", { name: "Conversation settings" }).click();
  const chosen = page.getByRole("radio", { name: "As the model has it" });
  await expect(chosen).toBeChecked();
  expect(await styleOf(chosen, "outline-color", ".pill")).toBe(highlight);
});

test("with an error shown, even the smallest windows have room for the thread", async ({
  page,
}) => {
  await page.route("**/models/**", (route) => route.abort());
  const chat = new ChatPage(page);
  await chat.goto();
  await expect(chat.alert.first()).toBeVisible();
  // 1280 × 1024 at 400 %, the narrowest phone, and a phone on its side.
  for (const [width, height] of [
    [320, 256],
    [320, 568],
    [740, 360],
  ] as const)
    await test.step(`${width} × ${height}`, async () => {
      await page.setViewportSize({ width, height });
      await expect(chat.alert.first()).toBeVisible();
      const thread = () => page.locator(".thread").boundingBox();
      await expect.poll(async () => (await thread())?.height).toBeGreaterThan(60);
      const sizes = await page.evaluate(() => {
        const { scrollWidth, clientWidth } = document.documentElement;
        return { scrollWidth, clientWidth };
      });
      expect(sizes.scrollWidth).toBeLessThanOrEqual(sizes.clientWidth);
      // What is temporary says so, and leaves that room.
      const temporary = page.getByRole("button", { name: "Temporary conversation" });
      const note = page.getByRole("note", { name: "Temporary conversation" });
      await temporary.click();
      await expect(note).toBeVisible();
      expect((await thread())?.height).toBeGreaterThan(60);
      // What does not fit can be reached.
      await chat.input.scrollIntoViewIfNeeded();
      await chat.input.fill("Hello!");
      await expect(chat.input).toBeInViewport();
      await chat.input.fill("");
      await temporary.click();
      await expect(note).toHaveCount(0);
    });
});
