import { readdir, readFile } from "node:fs/promises";
import { expect, type Page } from "@playwright/test";
import { ChatPage } from "./pages/chat-page.ts";
import { ModelPicker } from "./pages/model-picker.ts";
import { LARGE_MODEL, ModelHub, SMALL_MODEL } from "./pages/model-hub.ts";
import { HELLO_ANSWER } from "./pages/pip.ts";
import { complaintsOf } from "./pages/complaints.ts";
import { storeText } from "./pages/stored-records.ts";
import { test } from "./pages/test.ts";

const OUTLINE = ["mlc-chat-config.json", "tensor-cache.json"];

test.describe("a model that a link names", () => {
  // Requests that a service worker makes would not be seen.
  test.use({ serviceWorkers: "block" });

  test("is asked about by host, then by size, and what was typed waits for the answer", async ({
    page,
    context,
  }) => {
    const hub = await ModelHub.serve(context);
    const chat = new ChatPage(page);
    await chat.goto(`?temperature=0&model=${LARGE_MODEL}`);
    const question = page.getByRole("region", { name: "Download a model from huggingface.co?" });
    await expect(question).toContainText("rekindle-test/large");
    await expect(chat.status).toHaveText("The page asks which model to load.");
    await chat.input.fill("Hi, my name is Bella.");
    await expect(chat.sendButton).toBeDisabled();
    await chat.input.press("Enter");

    await chat.reload();
    await expect(chat.input).toHaveValue("Hi, my name is Bella.");
    await expect(chat.questions).toHaveCount(0);
    await expect(question).toBeVisible();
    expect(hub.requests).toEqual([]);

    // The question stands before the message field and the button beside it, so Shift+Tab leads to it.
    await chat.input.press("Shift+Tab");
    await page.keyboard.press("Shift+Tab");
    await expect(chat.downloadButton).toBeFocused();
    await page.keyboard.press("Enter");
    await expect(chat.downloadButton).toHaveText("Download 20.7 MB");
    expect(hub.requests.toSorted()).toEqual(OUTLINE);

    await chat.usePipButton.click();
    await chat.ready();
    await expect(chat.modelQuestion).toHaveCount(0);
    await expect(chat.input).toHaveValue("Hi, my name is Bella.");
    await chat.input.press("Enter");
    await expect(chat.answers).toContainText(["Bella"]);
    expect(hub.requests.toSorted()).toEqual(OUTLINE);

    await chat.reload();
    // The question about the host was answered for good. The question about the size is asked again after a no.
    await expect(chat.downloadButton).toHaveText("Download 20.7 MB");
    expect(hub.requests.toSorted()).toEqual([...OUTLINE, ...OUTLINE].toSorted());
  });

  test("is loaded after a yes, also when it cannot be had at first, and unasked from then on", async ({
    page,
    context,
  }) => {
    const hub = await ModelHub.serve(context);
    hub.isReachable = false;
    const chat = new ChatPage(page);
    await chat.goto(`?temperature=0&model=${SMALL_MODEL}`);
    await chat.downloadButton.click();
    await expect(chat.alert).toContainText("could not be fetched from huggingface.co");
    await expect(chat.alert.getByRole("button")).toHaveText([
      "Use Pip instead",
      "Try again",
      "Copy details",
    ]);
    hub.isReachable = true;
    await chat.retryButton.click();
    await chat.ready();
    expect(await chat.ask("Hello!")).toBe(HELLO_ANSWER);

    hub.isReachable = false;
    await chat.reload();
    await chat.ready();
    await expect(chat.modelQuestion).toHaveCount(0);
    const [load] = await chat.measures("model.load");
    expect(load?.detail).toMatchObject({ networkBytes: 0, url: expect.stringContaining("small") });

    // It is among the models that are here, is used again without a request, and is deleted.
    const asked = hub.requests.length;
    const picker = new ModelPicker(page);
    const entry = picker.here.getByRole("listitem", { name: "small", exact: true });
    await picker.open();
    await expect(entry).toContainText(/Downloaded, [\d.]+ MB/);
    await expect(entry.getByRole("button", { name: "small is in use" })).toBeDisabled();
    await picker.here.getByRole("button", { name: "Use Pip", exact: true }).click();
    await chat.ready();
    await picker.open();
    await entry.getByRole("button", { name: "Use small" }).click();
    await expect(picker.opener).toHaveText(/^small/);
    await chat.ready();
    expect(hub.requests).toHaveLength(asked);
    await chat.openSettings("Models");
    await chat.storage.getByRole("button", { name: "Delete small" }).click();
    await expect(chat.storage.getByRole("region", { name: "Downloaded models" })).toHaveCount(0);
    await chat.closeStorage();
    await picker.open();
    await expect(entry).toHaveCount(0);
    const left = await page.evaluate(async () => {
      const requests = await (await caches.open("webllm/model")).keys();
      return requests.map(({ url }) => url);
    });
    expect(left.filter((url) => url.startsWith(SMALL_MODEL))).toEqual([]);
  });
});

/** Every option that the build for measuring takes, and numbers that would keep any answer from coming. */
const HOSTILE = `?${[
  "quality=compact&restore=recompute&storedAs=int4&keepOnGpu=0",
  "readMBps=0.000001&readLatencyMs=600000&gpuSlowdown=1000000",
  "temperature=1e308&seed=1e300&maxTokens=0.5",
].join("&")}#/c/${"x".repeat(5000)}`;

/** The message that Comlink posts for a call, as far as it is looked at here. */
interface PostedCall {
  path?: readonly string[];
  argumentList?: readonly { value?: unknown }[];
}

/** Records every call to a worker from the page's next start on. @returns what each method was given, by its name */
async function recordCalls(page: Page): Promise<() => Promise<Record<string, unknown[]>>> {
  await page.addInitScript(() => {
    const calls: Record<string, unknown[]> = {};
    Reflect.set(window, "workerCalls", calls);
    type Post = (message: unknown, ...rest: unknown[]) => void;
    const post = Reflect.get(Worker.prototype, "postMessage") as Post;
    function recordAndPost(this: Worker, message: unknown, ...rest: unknown[]): void {
      const { path = [], argumentList = [] } = message as PostedCall;
      (calls[path.join(".")] ??= []).push(argumentList[0]?.value);
      post.call(this, message, ...rest);
    }
    Reflect.set(Worker.prototype, "postMessage", recordAndPost);
  });
  return () => page.evaluate(() => Reflect.get(window, "workerCalls") as Record<string, unknown[]>);
}

interface TrustedTypes {
  createPolicy(name: string, rules: object): object;
}

/** Runs in the page. Tries in every way to make code or markup of a string. @returns what each attempt ended with */
function attemptAll(): string[] {
  const { trustedTypes } = window as { trustedTypes?: TrustedTypes };
  const attempts: (() => unknown)[] = [
    () => new Worker("/sw.js"),
    () => (document.createElement("p").innerHTML = "<b>bold</b>"),
    () => (document.createElement("script").src = "/sw.js"),
    () => new DOMParser().parseFromString("<p>", "text/html"),
    () => Reflect.apply(setTimeout, window, ["alert(1)"]) as unknown,
    () => trustedTypes?.createPolicy("another", {}),
  ];
  return attempts.map((attempt) => {
    try {
      attempt();
      return "done";
    } catch (error) {
      return error instanceof Error ? error.name : "thrown";
    }
  });
}

test.describe("with a service worker", () => {
  test.use({ serviceWorkers: "allow" });

  test("a link changes nothing that is for measuring, and the policy refuses nothing that the page does", async ({
    page,
  }) => {
    const complaints = complaintsOf(page);
    const calls = await recordCalls(page);
    const chat = new ChatPage(page);
    await chat.goto(HOSTILE);
    await chat.ask("Hello!");
    expect(page.url().length).toBeLessThan(HOSTILE.length - 4000);
    await expect(chat.alert).toHaveCount(0);
    const { generate = [], open = [], ...others } = await calls();
    for (const name of ["throttleGpu", "keepOnGpu", "throttleReads", "forceScheme", "forceForm"])
      expect(others).not.toHaveProperty(name);
    for (const request of [...generate, ...open]) {
      expect(request).toMatchObject({ quality: "balanced" });
      expect(request).not.toHaveProperty("scheme");
      expect(request).not.toHaveProperty("storedAs");
    }
    expect(generate).toMatchObject([{ sampling: {} }]);

    await storeText(page, {
      conversation: {
        id: "marked",
        title: "Marked",
        createdAtMs: 1,
        updatedAtMs: 2,
        headId: "reply",
      },
      messages: [
        {
          id: "question",
          conversationId: "marked",
          parentId: null,
          role: "user",
          text: "Hi",
          status: "complete",
          createdAtMs: 1,
        },
        {
          id: "reply",
          conversationId: "marked",
          parentId: "question",
          role: "assistant",
          text: "**Bold** &copy; &amp; | ![a picture](https://evil.example/p.png) <b>no</b>",
          status: "complete",
          createdAtMs: 2,
        },
      ],
    });
    await page.evaluate(() => (location.hash = "#/c/marked"));
    await expect(chat.answers).toHaveText(["Bold © & | a picture (evil.example/p.png) <b>no</b>"]);
    await chat.openStorage();
    await chat.quality.selectOption("Exact");
    await chat.closeStorage();
    await chat.delete("Hello!");
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    expect(complaints).toEqual([]);

    const outcomes = await page.evaluate(attemptAll);
    expect(outcomes).toEqual(Array(6).fill("TypeError"));
    // The policy in the header holds in the workers too.
    const runText = () => Reflect.apply(setTimeout, self, ["close()"]) as unknown;
    for (const name of ["engine", "store"] as const)
      await expect(chat.worker(name).evaluate(runText)).rejects.toThrow("TrustedScript");
    // The page's own, and the one that sets its colours before it is drawn.
    expect(await page.evaluate(() => document.querySelectorAll("script").length)).toBe(2);
  });
});

test("the page as it ships holds nothing that reads options for measuring", async () => {
  const assets = new URL("../dist/assets/", import.meta.url);
  const pages = (await readdir(assets)).filter((name) => /^index-.*\.js$/.test(name));
  const code = (
    await Promise.all(pages.map((name) => readFile(new URL(name, assets), "utf8")))
  ).join();
  expect(code).toContain("maxTokens");
  for (const name of ["gpuSlowdown", "readMBps", "readLatencyMs", "layerwise", "static-f16"])
    expect(code).not.toContain(name);
  expect(code).not.toMatch(/["'`](storedAs|keepOnGpu)["'`]/);
});
