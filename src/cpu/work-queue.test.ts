import { expect, test } from "vitest";
import { WorkQueue } from "./work-queue.ts";

/** A queue, and what its work threw. */
function newQueue() {
  const errors: unknown[] = [];
  const queue = new WorkQueue((error) => errors.push(error));
  return { queue, errors };
}

/** Resolves when all work that was added before is done. */
const settled = (queue: WorkQueue): Promise<void> =>
  new Promise((resolve) => {
    queue.add(resolve);
  });

/** Keeps the thread busy for some milliseconds. */
function work(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

/** Resolves with an event, which only comes when the thread handles events. */
const nextEvent = (): Promise<void> =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });

test("work is done in its order, and not before the caller is done", async () => {
  const { queue } = newQueue();
  const done: number[] = [];
  expect(queue.isEmpty).toBe(true);
  for (let i = 0; i < 5; i++) queue.add(() => done.push(i));
  expect(done).toEqual([]);
  expect(queue.isEmpty).toBe(false);
  await settled(queue);
  expect(done).toEqual([0, 1, 2, 3, 4]);
  expect(queue.isEmpty).toBe(true);
});

test("work that adds work comes before what it adds", async () => {
  const { queue } = newQueue();
  const done: string[] = [];
  queue.add(() => {
    done.push("first");
    queue.add(() => done.push("third"));
  });
  queue.add(() => done.push("second"));
  await settled(queue);
  await settled(queue);
  expect(done).toEqual(["first", "second", "third"]);
});

test("other events get their turn while there is work, and the order stays", async () => {
  const { queue } = newQueue();
  const done: number[] = [];
  for (let i = 0; i < 40; i++)
    queue.add(() => {
      work(2);
      done.push(i);
    });
  const all = settled(queue);
  await nextEvent();
  const doneBefore = done.length;
  await all;
  expect(doneBefore).toBeLessThan(40);
  expect(done).toEqual(Array.from({ length: 40 }, (_, i) => i));
});

test("they get it too where each piece of work is added when the one before is done", async () => {
  const { queue } = newQueue();
  let done = 0;
  let doneBefore: number | undefined;
  void nextEvent().then(() => (doneBefore = done));
  for (let i = 0; i < 40; i++) {
    queue.add(() => {
      work(2);
      done++;
    });
    await settled(queue);
  }
  expect(doneBefore).toBeLessThan(40);
});

test("an error drops what waits, and later work is done", async () => {
  const { queue, errors } = newQueue();
  const done: string[] = [];
  const error = new Error("the kernel trapped");
  queue.add(() => done.push("before"));
  queue.add(() => {
    throw error;
  });
  queue.add(() => done.push("behind"));
  await nextEvent();
  expect(errors).toEqual([error]);
  expect(queue.isEmpty).toBe(true);
  queue.add(() => done.push("later"));
  await settled(queue);
  expect(done).toEqual(["before", "later"]);
});

test("what is dropped is not done, and what is added then is", async () => {
  const { queue } = newQueue();
  const done: string[] = [];
  queue.add(() => done.push("dropped"));
  queue.drop();
  expect(queue.isEmpty).toBe(true);
  queue.add(() => done.push("kept"));
  await settled(queue);
  expect(done).toEqual(["kept"]);
});
