import { expect, test, vi } from "vitest";
import { requestPersistentStorage, isStoragePersistent } from "./persistent-storage.ts";

const fake = (isKept: boolean) => ({
  persisted: vi.fn(() => Promise.resolve(isKept)),
  persist: vi.fn(() => Promise.resolve(true)),
});

test("the promise is asked for, unless the browser has given it", async () => {
  const [open, kept] = [fake(false), fake(true)];
  await requestPersistentStorage(open);
  await requestPersistentStorage(kept);
  expect(open.persist).toHaveBeenCalledOnce();
  expect(kept.persist).not.toHaveBeenCalled();
  expect(await isStoragePersistent(kept)).toBe(true);
  expect(await isStoragePersistent(open)).toBe(false);
});

test("where storage is missing or blocked, nothing is promised and nothing fails", async () => {
  const refuse = () => Promise.reject(new TypeError("blocked"));
  const blocked = { persisted: refuse, persist: refuse };
  expect(await isStoragePersistent(blocked)).toBeNull();
  await requestPersistentStorage(blocked);
  await requestPersistentStorage({ persisted: () => Promise.resolve(false), persist: refuse });
});
