import { expect, test, vi } from "vitest";
import { askToKeepStorage, isStorageKept } from "./kept-storage.ts";

const fake = (isKept: boolean) => ({
  persisted: vi.fn(() => Promise.resolve(isKept)),
  persist: vi.fn(() => Promise.resolve(true)),
});

test("the promise is asked for, unless the browser has given it", async () => {
  const [open, kept] = [fake(false), fake(true)];
  await askToKeepStorage(open);
  await askToKeepStorage(kept);
  expect(open.persist).toHaveBeenCalledOnce();
  expect(kept.persist).not.toHaveBeenCalled();
  expect(await isStorageKept(kept)).toBe(true);
  expect(await isStorageKept(open)).toBe(false);
});

test("where storage is missing or blocked, nothing is promised and nothing fails", async () => {
  const refuse = () => Promise.reject(new TypeError("blocked"));
  const blocked = { persisted: refuse, persist: refuse };
  expect(await isStorageKept(blocked)).toBeNull();
  await askToKeepStorage(blocked);
  await askToKeepStorage({ persisted: () => Promise.resolve(false), persist: refuse });
});
