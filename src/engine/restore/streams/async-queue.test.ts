import { expect, test } from "vitest";
import { AsyncQueue } from "./async-queue.ts";

/** Reads until the end. */
async function readAll<Item>(queue: AsyncQueue<Item>, onItem?: (item: Item) => void) {
  const items: Item[] = [];
  for await (const item of queue) {
    items.push(item);
    onItem?.(item);
  }
  return items;
}

test("what came before the reader is read", async () => {
  const queue = new AsyncQueue<number>();
  queue.add(1);
  queue.add(2);
  queue.end();
  expect(await readAll(queue)).toEqual([1, 2]);
});

test("what comes while it is read is read too, in the order in which it came", async () => {
  const queue = new AsyncQueue<number>();
  const reading = readAll(queue, (item) => {
    if (item === 1) queue.add(2);
  });
  queue.add(1);
  await new Promise((resolve) => setTimeout(resolve));
  queue.add(3);
  queue.end();
  expect(await reading).toEqual([1, 2, 3]);
});

test("an item is read before the next macrotask", async () => {
  const queue = new AsyncQueue<number>();
  const read: number[] = [];
  const reading = readAll(queue, (item) => read.push(item));
  await new Promise((resolve) => setTimeout(resolve));
  let seen: number[] = [];
  const channel = new MessageChannel();
  const next = new Promise<void>((resolve) => {
    channel.port1.onmessage = () => {
      seen = [...read];
      channel.port1.close();
      resolve();
    };
  });
  channel.port2.postMessage("a macrotask that is queued before the item comes");
  queue.add(7);
  await next;
  expect(seen).toEqual([7]);
  queue.end();
  await reading;
});
