import { expect, test } from "@playwright/test";
import { ChatPage } from "./pages/chat-page.ts";
import { chromiumPath } from "../scripts/chromium.ts";

/** A host whose name is not this machine's. Over plain http, the browser does not treat it as secure. */
const OTHER_HOST = "192.0.2.1";

// The browser has neither a GPU nor a software adapter.
test.use({
  launchOptions: {
    executablePath: chromiumPath(),
    args: ["--no-sandbox", "--disable-gpu", `--host-resolver-rules=MAP ${OTHER_HOST} localhost`],
  },
});

test("without a graphics device that is said, and nothing typed is lost", async ({ page }) => {
  const chat = new ChatPage(page);
  await chat.goto();
  await expect(chat.alert).toContainText("The browser found no graphics device");
  await expect(chat.retryButton).toBeVisible();
  await expect(chat.status).toHaveText("");

  await chat.send("Is anybody there?");
  await expect(chat.alert).toHaveCount(1);
  await expect(chat.alert).toContainText("The browser found no graphics device");
  await chat.newConversation();
  await chat.input.fill("Not sent");
  await chat.reload();
  await expect(chat.input).toHaveValue("Not sent");
  await chat.open("Is anybody there?");
  await expect(chat.questions).toHaveText(["Is anybody there?"]);
  expect(await chat.measures("model.load")).toEqual([]);
});

test("without WebGPU, as over plain http, that is said", async ({ page, baseURL }) => {
  const address = new URL(baseURL ?? "");
  address.hostname = OTHER_HOST;
  const chat = new ChatPage(page);
  await page.goto(address.href);
  await expect(chat.alert).toContainText("This browser does not offer WebGPU");
  await expect(chat.alert).toContainText("over https");
  await expect(chat.retryButton).toHaveCount(0);

  await chat.send("Is anybody there?");
  await chat.reload();
  await expect(chat.questions).toHaveText(["Is anybody there?"]);
  await expect(chat.alert).toHaveCount(1);
});
