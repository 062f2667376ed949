import { expect } from "@playwright/test";
import { ChatPage } from "./pages/chat-page.ts";
import { GREEDY } from "./pages/pip.ts";
import { test } from "./pages/test.ts";

test("the first visit says what stays on this device, until the first message or until it is dismissed", async ({
  page,
}) => {
  const chat = new ChatPage(page);
  await chat.goto(GREEDY);
  const lines = page.getByRole("region", { name: "What stays on this device" });
  await expect(lines.getByRole("listitem")).toHaveCount(3);
  await expect(lines).toContainText("Nothing of it is sent anywhere.");
  await chat.ask("Hello!");
  await chat.newConversation();
  await expect(chat.input).toBeEditable();
  await expect(lines).toHaveCount(0);
  await chat.chooseFor("Hello!", "Delete");
  await expect(lines).toBeVisible();
  await lines.getByRole("button", { name: "Hide", exact: true }).click();
  await expect(lines).toHaveCount(0);
  await chat.reload();
  await expect(page.getByRole("heading", { name: "Say something" })).toBeVisible();
  await expect(lines).toHaveCount(0);
});

test("the details of a failure are copied, and nothing that was written is in them", async ({
  context,
  page,
}) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.route(/\/models\//, (route) => route.fulfill({ status: 503, body: "" }));
  const chat = new ChatPage(page);
  await chat.goto();
  await chat.input.fill("My name is Zebedee.");
  await chat.input.press("Enter");
  await expect(chat.questions).toHaveCount(1);
  await chat.alert.getByRole("button", { name: "Copy details" }).first().click();
  await expect(chat.alert.getByRole("button", { name: "Details copied" })).toBeVisible();
  const details = await page.evaluate(() => navigator.clipboard.readText());
  expect(details).toMatch(/^Failure: model-http-error, status 503$/m);
  expect(details).toMatch(/^Page: index-[\w-]+\.js$/m);
  expect(details).toMatch(/^Browser: Mozilla/m);
  expect(details).toMatch(/^Model: Pip/m);
  expect(details).toMatch(/^Adapter: \S/m);
  expect(details).not.toMatch(/Zebedee|https?:/);
});
