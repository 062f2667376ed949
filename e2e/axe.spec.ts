import { expect } from "@playwright/test";
import { hindrances } from "./pages/axe.ts";
import { ChatPage } from "./pages/chat-page.ts";
import { ModelPicker } from "./pages/model-picker.ts";
import { SHIPPED } from "./pages/servers.ts";
import { test } from "./pages/test.ts";

const RICH = [
  "# A heading\n\nSome *text* with `code`, a [link](https://example.com) and $x^2$.",
  "| a | b |\n|---|---|\n| 1 | 2 |",
  "```js\nconst answer = 42; // a comment\n```",
  "- [x] done\n- [ ] to do\n\n> quoted\n\nA note.[^1]\n\n[^1]: below",
].join("\n\n");

for (const theme of ["light", "dark"] as const)
  test(`nothing hinders anybody on any screen, in ${theme} colours`, async ({ chat }) => {
    const { page } = chat;
    await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
    const clean = async (screen: string) =>
      expect.soft(await hindrances(page), `${screen}, ${theme}`).toEqual([]);
    await clean("an empty conversation");
    await chat.ask(RICH);
    await clean("a conversation");
    await chat.answers.last().getByLabel("About this answer").click();
    await chat.questions.last().hover();
    await clean("what is known of an answer");
    await page.getByRole("button", { name: "Edit", exact: true }).last().click();
    await clean("a message that is edited");
    await page.getByRole("button", { name: "Cancel", exact: true }).click();

    for (const section of ["General", "Models", "Storage", "Your data"]) {
      await chat.openSettings(section);
      await clean(`the settings, ${section}`);
      await chat.closeStorage();
    }
    const picker = new ModelPicker(page);
    await picker.open();
    await clean("the choice of models");
    await picker.close();
    await page.keyboard.press("Control+/");
    await clean("the shortcuts");
    await page.keyboard.press("Escape");
    await page.emulateMedia({ colorScheme: null, reducedMotion: null });
  });

test("nothing hinders anybody where something went wrong, is asked, or is written from right to left", async ({
  browser,
}) => {
  const context = await browser.newContext({ baseURL: SHIPPED.url, reducedMotion: "reduce" });
  const page = await context.newPage();
  const chat = new ChatPage(page);
  const clean = async (screen: string) => expect.soft(await hindrances(page), screen).toEqual([]);
  await chat.goto("?model=https://huggingface.co/mlc-ai/SmolLM2-135M-Instruct-q0f16-MLC");
  await expect(chat.downloadButton).toBeVisible();
  await clean("a question about a model");

  await page.route("**/models/**", (route) => route.abort());
  await chat.goto();
  await expect(chat.alert.first()).toBeVisible();
  await clean("an error");
  await page.setViewportSize({ width: 320, height: 568 });
  await clean("an error in a narrow window");
  await page.getByRole("button", { name: "Show conversations" }).click();
  await clean("the conversations in a narrow window");

  await page.evaluate(() => localStorage.setItem("rekindle.language", "ar"));
  await page.setViewportSize({ width: 1280, height: 720 });
  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("dir", "rtl");
  await clean("from right to left");
  await context.close();
});
