import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, type Route } from "@playwright/test";
import { ChatPage } from "./pages/chat-page.ts";
import { GREEDY, HELLO_ANSWER } from "./pages/pip.ts";
import { test } from "./pages/test.ts";

// Requests that a service worker makes would not meet the faults.
test.use({ serviceWorkers: "block" });

const CONFIG = "**/mlc-chat-config.json";
const SHARD = "**/params_shard_0.bin";

/** Answers with the file, after `change` has changed its bytes. */
async function changed(route: Route, change: (bytes: Buffer) => Buffer): Promise<void> {
  const response = await route.fetch();
  await route.fulfill({ response, body: change(await response.body()) });
}

function flipOneBit(bytes: Buffer): Buffer {
  const middle = bytes.length >> 1;
  bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
  return bytes;
}

/** Gives the configuration another number of layers. */
const withLayers =
  (layers: number) =>
  (bytes: Buffer): Buffer =>
    Buffer.from(
      String(bytes).replace(/"num_hidden_layers": *\d+/, `"num_hidden_layers":${layers}`),
    );

const LFS_POINTER = `version https://git-lfs.github.com/spec/v1\noid sha256:${"0".repeat(64)}\nsize 9\n`;

interface Fault {
  what: string;
  files: string;
  cause: (route: Route) => Promise<void>;
  said: string | RegExp;
}

const FAULTS: Fault[] = [
  {
    what: "a network that is gone at the first visit",
    files: "**/models/**",
    cause: (route) => route.abort("internetdisconnected"),
    said: "Check your connection",
  },
  {
    what: "a missing configuration",
    files: CONFIG,
    cause: (route) => route.fulfill({ status: 404 }),
    said: /localhost:\d+ has no mlc-chat-config\.json \(error 404\)/,
  },
  {
    what: "a model that needs an account",
    files: CONFIG,
    cause: (route) => route.fulfill({ status: 403 }),
    said: "it needs an account or a licence to be accepted",
  },
  {
    what: "two billion layers",
    files: CONFIG,
    cause: (route) => changed(route, withLayers(2e9)),
    said: "num_hidden_layers is 2000000000, not an integer from 1 to 1024",
  },
  {
    what: "a tokenizer without an end",
    files: "**/tokenizer.json",
    cause: (route) => route.continue({ url: endless.url }),
    said: "The model's tokenizer.json is larger than the 67.1 MB that such a file may have",
  },
  {
    what: "a repository without its large files",
    files: SHARD,
    cause: (route) => route.fulfill({ body: LFS_POINTER }),
    said: "has only a Git LFS pointer instead of the model's params_shard_0.bin",
  },
  {
    what: "a damaged shard",
    files: SHARD,
    cause: (route) => changed(route, flipOneBit),
    said: "A file of the model arrived damaged",
  },
  {
    what: "a truncated shard",
    files: SHARD,
    cause: (route) => changed(route, (bytes) => bytes.subarray(0, bytes.length - 1000)),
    said: "A file of the model arrived incomplete",
  },
];

/** A server that never comes to the end of an answer. */
const endless = { url: "", stop: (): void => undefined };

test.beforeAll(async () => {
  const piece = Buffer.alloc(2 ** 18, " ");
  const server = createServer((_, response) => {
    const more = () => {
      if (!response.destroyed) response.write(piece, more);
    };
    more();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  endless.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  endless.stop = () => {
    server.closeAllConnections();
    server.close();
  };
});

test.afterAll(() => {
  endless.stop();
});

test("what is wrong with a model is said, and trying again helps once it is repaired", async ({
  page,
  context,
}) => {
  // The test loads a model eight times, and four of the loads get as far as compiling kernels.
  test.slow();
  const chat = new ChatPage(page);
  for (const [i, { what, files, cause, said }] of FAULTS.entries())
    await test.step(what, async () => {
      await context.route(files, cause);
      if (i === 0) await chat.goto(GREEDY);
      else await chat.retryButton.click();
      await expect(chat.alert).toContainText(said);
      await expect(chat.alert).toHaveCount(1);
      await expect(chat.status).toHaveText("");
      await context.unroute(files);
    });
  expect(await chat.measures("model.load")).toEqual([]);

  // A short disturbance is not reported to anybody.
  let troubles = 0;
  await context.route(CONFIG, (route) =>
    troubles++ === 0 ? route.fulfill({ status: 503 }) : route.continue(),
  );
  await chat.retryButton.click();
  await expect(chat.alert).toHaveCount(0);
  await chat.ready();
  expect(troubles).toBeGreaterThan(1);
  const [load] = await chat.measures("model.load");
  expect(load?.detail.networkBytes).toBe(load?.detail.weightBytes);
});

test("a message sent to a model that did not come is answered once it has", async ({
  page,
  context,
}) => {
  await context.route("**/models/**", (route) => route.abort("internetdisconnected"));
  const chat = new ChatPage(page);
  await chat.goto(GREEDY);
  await expect(chat.alert).toHaveCount(1);
  await chat.send("Hello!");
  await expect(chat.alert).toHaveCount(1);

  await context.unroute("**/models/**");
  await chat.retryButton.click();
  await chat.ready();
  await expect(chat.questions).toHaveText(["Hello!"]);
  expect(await chat.regenerate()).toBe(HELLO_ANSWER);
  await expect(chat.answers).toHaveCount(1);
});
