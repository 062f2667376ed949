import { expect, test } from "vitest";
import {
  refreshUsage,
  useClearKv,
  useIsStoragePersistent,
  useSetLimit,
  useStorageUsage,
} from "./storage-queries.ts";
import { prepare } from "./testing-react.ts";

const useAll = () => ({
  usage: useStorageUsage().data,
  isKept: useIsStoragePersistent().data,
  limit: useSetLimit(),
  clearing: useClearKv(),
});

test("usage is read again when it changed", async () => {
  const { store, queries, show, until } = prepare(useAll);
  show();
  await until(({ usage, isKept }) => {
    expect(usage?.kvBytes).toBe(0);
    expect(isKept).toEqual(expect.any(Boolean));
  });
  store.used = { ...store.used, kvBytes: 5 };
  await refreshUsage(queries);
  await until(({ usage }) => expect(usage?.kvBytes).toBe(5));
});

test("a new limit, and the caches' removal, are on screen when they are done", async () => {
  const { store, show, until } = prepare(useAll);
  store.used = { ...store.used, kvBytes: 5 };
  show();
  await until(({ usage }) => expect(usage?.kvBytes).toBe(5));
  await until(({ limit }) => limit.mutate(250));
  await until(({ usage }) => expect(usage?.limitBytes).toBe(250));
  await until(({ limit }) => limit.mutate(undefined));
  await until(({ usage }) => expect(usage?.limitBytes).toBe(1e9));
  await until(({ clearing }) => clearing.mutate());
  await until(({ usage, clearing }) => {
    expect(usage?.kvBytes).toBe(0);
    expect(clearing.isPending).toBe(false);
  });
  expect(store.calls.filter((call) => call.startsWith("setLimit"))).toEqual([
    "setLimit 250",
    "setLimit undefined",
  ]);
});

test("what the store refuses is in the mutation's error", async () => {
  const { store, show, until } = prepare(useAll);
  show();
  await until(({ usage }) => expect(usage).toBeDefined());
  store.failing = () => ({ code: "store-unavailable", message: "closed" });
  await until(({ clearing }) => clearing.mutate());
  await until(({ clearing }) => expect(clearing.error?.message).toBe("store-unavailable"));
});
