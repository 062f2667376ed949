import { expect, test } from "vitest";
import { requestProcessor, threadCount } from "./request-processor.ts";

test("one core is left for the page where there are more than two, and eight threads are enough", () => {
  expect([1, 2, 3, 4, 8, 9, 64].map(threadCount)).toEqual([1, 2, 2, 3, 7, 8, 8]);
});

test("where memory cannot be shared there is one thread, and no other is started", async () => {
  const { device, kind, threads } = await requestProcessor(() => {
    throw new Error("a thread was started");
  }, 8);
  expect({ kind, threads }).toEqual({ kind: "processor", threads: 1 });
  device.destroy();
});
