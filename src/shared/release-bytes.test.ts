import { expect, test } from "vitest";
import { releaseBytes } from "./release-bytes.ts";

test("a buffer is empty at once, also long after the one before it", async () => {
  const [first, second] = [new Uint8Array(8).fill(1), new Uint8Array(8).fill(2)];
  releaseBytes(first.buffer);
  expect(first.length).toBe(0);
  expect(second).toEqual(new Uint8Array(8).fill(2));
  await new Promise((resolve) => setTimeout(resolve, 20));
  releaseBytes(second.buffer);
  expect(second.length).toBe(0);
});

test("a buffer that is empty already is left as it is", () => {
  const bytes = new Uint8Array(8);
  for (let i = 0; i < 2; i++) releaseBytes(bytes.buffer);
  expect(bytes.length).toBe(0);
});
