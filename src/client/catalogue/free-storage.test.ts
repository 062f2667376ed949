import { expect, test } from "vitest";
import { freeStorage } from "./free-storage.ts";

const storage = (quota?: number, usage?: number) => ({
  estimate: () =>
    Promise.resolve({
      ...(quota !== undefined && { quota }),
      ...(usage !== undefined && { usage }),
    }),
});

test("a download has what conversations do not need, less 100 MB", async () => {
  expect(await freeStorage(2e9, storage(10e9, 1e9))).toBe(6.9e9);
  expect(await freeStorage(2e9, storage(2e9, 1e9))).toBe(0);
});

test("where the browser does not say, nobody knows", async () => {
  expect(await freeStorage(0, storage())).toBeUndefined();
  expect(await freeStorage(0, storage(5))).toBeUndefined();
  expect(
    await freeStorage(0, { estimate: () => Promise.reject(new Error("blocked")) }),
  ).toBeUndefined();
});
