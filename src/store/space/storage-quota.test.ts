import { expect, test } from "vitest";
import { defaultLimitBytes, storageQuota } from "./storage-quota.ts";

const GIB = 2 ** 30;

test("the default limit is a fifth of what the browser grants, and 2 GiB at most", () => {
  const limit = (quotaBytes: number) => defaultLimitBytes({ quotaBytes, originBytes: 0 });
  expect(limit(5 * GIB)).toBe(GIB);
  expect(limit(10 * GIB)).toBe(2 * GIB);
  expect(limit(1000 * GIB)).toBe(2 * GIB);
});

test("where the browser does not say what it grants, KV gets 512 MiB", async () => {
  const unknown = { quotaBytes: 0, originBytes: 0 };
  const estimates = [
    () => Promise.reject(new TypeError("opaque origin")),
    () => Promise.resolve({}),
    () => {
      throw new TypeError("not here");
    },
  ];
  for (const estimate of estimates) expect(await storageQuota({ estimate })).toEqual(unknown);
  expect(await storageQuota({ estimate: () => Promise.resolve({ quota: 5, usage: 2 }) })).toEqual({
    quotaBytes: 5,
    originBytes: 2,
  });
  expect(defaultLimitBytes(unknown)).toBe(GIB / 2);
});
