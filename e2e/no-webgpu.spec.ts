import { expect, test } from "@playwright/test";
import { ChatPage } from "./pages/chat-page.ts";
import { complaintsOf } from "./pages/complaints.ts";
import { restored, saved } from "./pages/kv-chat.ts";
import { GREEDY, HELLO_ANSWER } from "./pages/pip.ts";
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

test("without WebGPU the processor answers, and a reload resumes there", async ({ page }) => {
  await page.addInitScript(() => {
    Object.defineProperty(Navigator.prototype, "gpu", { value: undefined });
  });
  const complaints = complaintsOf(page);
  const chat = new ChatPage(page);
  await chat.goto(GREEDY);
  expect(await chat.ask("Hello!")).toBe(HELLO_ANSWER);
  await expect(chat.status).toHaveText(/^Ready, on the processor, \d+ threads?$/);
  await chat.ask("My name is Ada and my cat is called Plum.");
  const stored = await saved(chat);

  await chat.reload();
  await expect(chat.answers).toHaveCount(2);
  await chat.ready();
  const { loadedTokens, recomputedTokens } = await restored(chat);
  expect(loadedTokens + recomputedTokens).toBeGreaterThanOrEqual(stored - 1);
  await chat.ask("What is my name?");
  const { promptTokens = 0, prefilledTokens = 0 } = (await chat.prefills()).at(-1) ?? {};
  expect(promptTokens - prefilledTokens).toBeGreaterThanOrEqual(stored - 1);
  expect(await chat.answerText()).toContain("Ada");
  await expect(chat.alert).toHaveCount(0);
  expect(complaints).toEqual([]);
});

test("what the graphics card was chosen for is said without one, and the processor takes over", async ({
  page,
}) => {
  const chat = new ChatPage(page);
  await chat.goto(`${GREEDY}&device=gpu`);
  await expect(chat.alert).toContainText("The browser found no graphics device");
  await chat.send("Hello!");
  await expect(chat.alert).toHaveCount(1);
  await page.getByRole("button", { name: "Use the processor" }).click();
  await chat.ready();
  await expect(chat.alert).toHaveCount(0);
  expect(await chat.regenerate()).toBe(HELLO_ANSWER);

  await page.goto(`/${GREEDY}`);
  await chat.openSettings("Models");
  await expect(chat.runsOn).toHaveValue("processor");
  await expect(chat.storage).toContainText("Models run on the processor.");
  await chat.runsOn.selectOption("Automatic");
  await expect(chat.storage).toContainText("because the browser offers no graphics card");
  await chat.closeStorage();
  await chat.ready();
});

test("over plain http one thread answers, and the page says how to get more", async ({
  page,
  baseURL,
}) => {
  const address = new URL(baseURL ?? "");
  address.hostname = OTHER_HOST;
  const chat = new ChatPage(page);
  await page.goto(`${address.href}${GREEDY}`);
  expect(await chat.ask("Hello!")).toBe(HELLO_ANSWER);
  await expect(chat.status).toHaveText("Ready, on the processor, 1 thread");
  const notice = page.getByRole("note", { name: "One thread" });
  await expect(notice).toContainText("did not come over https");
  await notice.getByRole("button", { name: "Dismiss" }).click();
  await expect(notice).toBeHidden();
  await expect(chat.alert).toHaveCount(0);

  await chat.reload();
  await expect(chat.questions).toHaveText(["Hello!"]);
});

test.describe("without WebAssembly's SIMD either", () => {
  // A service worker would answer with the worker's script as it was built.
  test.use({ serviceWorkers: "block" });

  test("that is said, and nothing typed is lost", async ({ page }) => {
    await page.route("**/engine.worker*.js", async (route) => {
      const response = await route.fetch();
      const refusal = `WebAssembly.compile = WebAssembly.compileStreaming = () => Promise.reject(new WebAssembly.CompileError("no SIMD"));`;
      await route.fulfill({ response, body: `${refusal}\n${await response.text()}` });
    });
    const chat = new ChatPage(page);
    await chat.goto();
    await expect(chat.alert).toContainText("this browser lacks WebAssembly with SIMD");
    await expect(chat.retryButton).toHaveCount(0);
    await expect(chat.status).toHaveText("");

    await chat.send("Is anybody there?");
    await expect(chat.alert).toHaveCount(1);
    await chat.newConversation();
    await chat.input.fill("Not sent");
    await chat.reload();
    await expect(chat.input).toHaveValue("Not sent");
    await chat.open("Is anybody there?");
    await expect(chat.questions).toHaveText(["Is anybody there?"]);
    expect(await chat.measures("model.load")).toEqual([]);
    // The script may be asked for once more when the page goes.
    await page.unrouteAll({ behavior: "ignoreErrors" });
  });
});
