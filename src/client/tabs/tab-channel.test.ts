import { expect, test } from "vitest";
import { openTabChannel, type TabMessage } from "./tab-channel.ts";

/** Real channels, which do not keep the process alive. */
function openReal(closing: (() => void)[]) {
  return openTabChannel((name) => {
    const channel = new BroadcastChannel(name);
    closing.push(() => channel.close());
    return channel;
  });
}

test("other tabs hear, the speaking one does not, and nobody who has stopped listening", async () => {
  const closing: (() => void)[] = [];
  const [one, other] = [openReal(closing), openReal(closing)];
  const heard: [string, TabMessage][] = [];
  one.listen((message) => heard.push(["one", message]));
  const stop = other.listen((message) => heard.push(["other", message]));
  const stored: TabMessage = { type: "stored", conversationId: "c" };
  const again = new Promise((resolve) => other.listen(resolve));
  one.post(stored);
  await again;
  expect(heard).toEqual([["other", stored]]);
  stop();
  const last = new Promise((resolve) => other.listen(resolve));
  one.post(stored);
  await last;
  expect(heard).toHaveLength(1);
  for (const close of closing) close();
});

test("without a BroadcastChannel there are no other tabs", () => {
  const channel = openTabChannel(() => undefined);
  const stop = channel.listen(() => {
    throw new Error("nobody is there");
  });
  channel.post({ type: "kv-changed" });
  stop();
});
