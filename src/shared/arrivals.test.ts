import { expect, test } from "vitest";
import { Arrivals } from "./arrivals.ts";

/** Reads until the end. */
async function readAll<Item>(arrivals: Arrivals<Item>, onItem?: (item: Item) => void) {
  const items: Item[] = [];
  for await (const item of arrivals) {
    items.push(item);
    onItem?.(item);
  }
  return items;
}

test("what came before the reader is read", async () => {
  const arrivals = new Arrivals<number>();
  arrivals.add(1);
  arrivals.add(2);
  arrivals.end();
  expect(await readAll(arrivals)).toEqual([1, 2]);
});

test("what comes while it is read is read too, in the order in which it came", async () => {
  const arrivals = new Arrivals<number>();
  const reading = readAll(arrivals, (item) => {
    if (item === 1) arrivals.add(2);
  });
  arrivals.add(1);
  await new Promise((resolve) => setTimeout(resolve));
  arrivals.add(3);
  arrivals.end();
  expect(await reading).toEqual([1, 2, 3]);
});

test("an item is read before the next macrotask", async () => {
  const arrivals = new Arrivals<number>();
  const read: number[] = [];
  const reading = readAll(arrivals, (item) => read.push(item));
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
  arrivals.add(7);
  await next;
  expect(seen).toEqual([7]);
  arrivals.end();
  await reading;
});
