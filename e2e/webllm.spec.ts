import { createHash } from "node:crypto";
import { expect, type BrowserContext } from "@playwright/test";
import { WEBLLM_LIBRARIES } from "../src/protocol/webllm-libraries.ts";
import { ChatPage } from "./pages/chat-page.ts";
import { complaintsOf } from "./pages/complaints.ts";
import { test } from "./pages/test.ts";

/** A model of an architecture that the page's own engine does not know. */
const GEMMA = "https://huggingface.co/mlc-ai/gemma-2-2b-it-q4f16_1-MLC";

const SHARD = Buffer.from("sixteen bytes ok");
const CONFIG = {
  model_type: "gemma2",
  quantization: "q4f16_1",
  tokenizer_files: ["tokenizer.json"],
  context_window_size: 4096,
};
const FILES: Record<string, string | Buffer> = {
  "mlc-chat-config.json": JSON.stringify(CONFIG),
  "tensor-cache.json": JSON.stringify({
    records: [
      {
        dataPath: "params_shard_0.bin",
        format: "raw-shard",
        nbytes: SHARD.length,
        md5sum: createHash("md5").update(SHARD).digest("hex"),
        records: [],
      },
    ],
  }),
  "params_shard_0.bin": SHARD,
  "tokenizer.json": "{}",
};

/** Answers for the hub and the place of the libraries. @returns names of what was asked for */
async function serve(context: BrowserContext, library: { bytes: Buffer }): Promise<string[]> {
  const asked: string[] = [];
  const headers = { "access-control-allow-origin": "*" };
  const nameOf = (url: string) => new URL(url).pathname.split("/").at(-1) ?? "";
  await context.route("https://huggingface.co/**", (route) => {
    const name = nameOf(route.request().url());
    asked.push(name);
    const body = FILES[name];
    return body === undefined
      ? route.fulfill({ status: 404, headers })
      : route.fulfill({ headers, body });
  });
  await context.route(`${WEBLLM_LIBRARIES}**`, (route) => {
    asked.push(nameOf(route.request().url()));
    return route.fulfill({ headers, body: library.bytes });
  });
  return asked;
}

// Requests that a service worker makes would not be seen.
test.use({ serviceWorkers: "block" });

test("a model of another architecture goes to WebLLM, whose library is not run once it has changed", async ({
  page,
  context,
}) => {
  const complaints = complaintsOf(page);
  // It is no program, so that WebLLM itself is seen to refuse it.
  const library = { bytes: Buffer.from("no program") };
  const asked = await serve(context, library);
  const chat = new ChatPage(page);
  await chat.goto(`?temperature=0&model=${GEMMA}`);
  await chat.downloadButton.click();
  await expect(chat.alert).toContainText("files are not as expected (WebAssembly", {
    timeout: 60_000,
  });
  expect(asked.filter((name) => name.endsWith(".wasm"))).toHaveLength(1);
  expect(page.workers().some((worker) => worker.url().includes("webllm.worker"))).toBe(true);

  // Our own engine takes the place of WebLLM's.
  await chat.usePipButton.click();
  await chat.ready();
  expect(await chat.ask("Hello!")).toContain("Hello!");
  expect(page.workers().some((worker) => worker.url().includes("webllm.worker"))).toBe(false);

  library.bytes = Buffer.from("another program");
  await page.evaluate(() => caches.delete("webllm/wasm"));
  await chat.reload();
  await expect(chat.alert).toContainText("is not the one that ran here before", {
    timeout: 60_000,
  });
  const kept = await page.evaluate(
    async () => (await (await caches.open("webllm/wasm")).keys()).length,
  );
  expect(kept).toBe(0);
  expect(complaints).toEqual([]);
});
