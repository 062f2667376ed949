import { expect, test, type Route } from "@playwright/test";
import { ChatPage } from "./pages/chat-page.ts";
import { GREEDY, HELLO_ANSWER } from "./pages/pip.ts";

// A service worker's own requests would pass the faults by.
test.use({ serviceWorkers: "block" });

const SHARD = "**/params_shard_0.bin";

/** The file as it is, but for what `change` makes of its bytes. */
async function changed(route: Route, change: (bytes: Buffer) => Buffer): Promise<void> {
  const response = await route.fetch();
  await route.fulfill({ response, body: change(await response.body()) });
}

function flipOneBit(bytes: Buffer): Buffer {
  const middle = bytes.length >> 1;
  bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
  return bytes;
}

interface Fault {
  what: string;
  files: string;
  cause: (route: Route) => Promise<void>;
  said: string | RegExp;
}

const FAULTS: Fault[] = [
  {
    what: "a missing configuration",
    files: "**/mlc-chat-config.json",
    cause: (route) => route.fulfill({ status: 404 }),
    said: /^localhost:\d+ answered with error 404 instead of the model/,
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
  {
    what: "a network that is gone at the first visit",
    files: "**/models/**",
    cause: (route) => route.abort("internetdisconnected"),
    said: "Check your connection",
  },
];

for (const { what, files, cause, said } of FAULTS)
  test(`${what} is said, and trying again helps once it is repaired`, async ({ page, context }) => {
    await context.route(files, cause);
    const chat = new ChatPage(page);
    await chat.goto(GREEDY);
    await expect(chat.alert).toContainText(said);
    await expect(chat.alert).toHaveCount(1);
    await expect(chat.status).toHaveText("");

    expect(await chat.measures("model.load")).toEqual([]);

    await context.unroute(files);
    await chat.retryButton.click();
    await expect(chat.alert).toHaveCount(0);
    await chat.ready();
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
