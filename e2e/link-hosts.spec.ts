import { expect, type Locator, type Page } from "@playwright/test";
import { hindrances } from "./pages/axe.ts";
import type { ChatPage } from "./pages/chat-page.ts";
import { complaintsOf } from "./pages/complaints.ts";
import { showAnswer } from "./pages/show-answer.ts";
import { test } from "./pages/test.ts";

const ANSWER = `[Your bank](https://evil.example/login), [bank.example](https://evil.example/),
[named](https://bank.example:pw@evil.example/x), [letters](https://\u0430pple.example/),
[mail](mailto:a@evil.example), <tel:+123> and ![a picture](https://evil.example/p.png).`;

/** The tabs that a page opens from now on, and what answers in place of their hosts. */
async function openedTabs(page: Page): Promise<Page[]> {
  await page.context().route("https://*.example/**", (route) => route.fulfill({ body: "there" }));
  const opened: Page[] = [];
  page.context().on("page", (tab) => opened.push(tab));
  return opened;
}

const questionIn = (chat: ChatPage): Locator =>
  chat.page.getByRole("dialog", { name: "Open this link?" });

const linkTo = (chat: ChatPage, name: string): Locator =>
  chat.answers.getByRole("link", { name, exact: true });

test("a link shows its host before it is followed for the first time, however it is followed", async ({
  chat,
}) => {
  const complaints = complaintsOf(chat.page);
  const opened = await openedTabs(chat.page);
  await showAnswer(chat, "linked", ANSWER);
  const question = questionIn(chat);
  const bank = linkTo(chat, "Your bank");
  for (const follow of [
    () => bank.click(),
    () => bank.click({ button: "middle" }),
    () => bank.click({ modifiers: ["Control"] }),
    () => bank.click({ modifiers: ["Shift"] }),
    () => bank.press("Enter"),
  ]) {
    await follow();
    await expect(question).toContainText("evil.example");
    await chat.page.keyboard.press("Escape");
    await expect(question).toBeHidden();
  }
  await expect(bank).toBeFocused();
  await bank.click();
  await expect(question.getByRole("listitem")).toHaveCount(0);
  expect(await hindrances(chat.page, { selector: "[role=dialog]" })).toEqual([]);
  expect(opened).toEqual([]);

  const tab = chat.page.context().waitForEvent("page");
  await question.getByRole("button", { name: "Open" }).click();
  const there = await tab;
  await there.waitForURL("https://evil.example/login");
  expect(await there.evaluate(() => window.opener === null && document.referrer === "")).toBe(true);
  await there.close();

  // The host is known by now.
  const again = chat.page.context().waitForEvent("page");
  await bank.click();
  await (await again).close();
  await expect(question).toBeHidden();

  await chat.openSettings("Your data");
  await expect(chat.storage).toContainText("1 host was opened");
  await chat.storage.getByRole("button", { name: "Ask again for every host" }).click();
  await chat.closeStorage();
  await bank.click();
  await expect(question).toBeVisible();
  await question.getByRole("button", { name: "Cancel" }).click();
  expect(opened).toHaveLength(2);
  expect(complaints).toEqual([]);
});

test("what a link pretends is said, and no link starts anything but a page", async ({ chat }) => {
  const opened = await openedTabs(chat.page);
  await showAnswer(chat, "pretended", ANSWER);
  const question = questionIn(chat);
  const pretences = [
    ["bank.example", "evil.example", "The link’s text names another host: bank.example."],
    ["named", "evil.example", "“bank.example” stands before the host"],
    ["letters", "xn--pple-43d.example", "letters that can look like others"],
  ] as const;
  for (const [name, host, warning] of pretences) {
    await linkTo(chat, name).click();
    await expect(question.getByText(host, { exact: true })).toBeVisible();
    await expect(question.getByRole("listitem")).toContainText(warning);
    await question.getByRole("button", { name: "Cancel" }).click();
  }
  await linkTo(chat, "evil.example/p.png").click();
  await expect(question).toContainText("https://evil.example/p.png");
  await question.getByRole("button", { name: "Cancel" }).click();
  await expect(chat.answers).toContainText("mail (a@evil.example)");
  await expect(chat.answers.getByRole("link")).toHaveCount(5);
  await expect(chat.answers.getByRole("img")).toHaveCount(0);
  expect(opened).toEqual([]);
});
