import "fake-indexeddb/auto";
import { expect, test, vi } from "vitest";
import { createStore } from "./create-store.ts";
import { holdOlder, holdSilently } from "./database/open-database-testing.ts";

let databases = 0;
const freshName = () => `waiting-${++databases}`;
const openStore = (databaseName: string) => createStore({ databaseName });

test("a database that another tab holds is waited for, and nothing is put in memory instead", async () => {
  const name = freshName();
  const held = await holdOlder(name);
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const store = openStore(name);
  const phases: string[] = [];
  await store.subscribe((phase) => phases.push(phase));
  const usage = store.usage();
  await vi.waitFor(() => expect(phases).toEqual(["current", "waiting"]));
  await vi.advanceTimersByTimeAsync(60_000);
  vi.useRealTimers();
  held.close();
  expect(await usage).toMatchObject({ value: { mode: { kind: "persistent" } } });
  expect(phases.at(-1)).toBe("current");
});

test("a browser that never answers is a reason to work in memory", async () => {
  const name = freshName();
  const held = await holdOlder(name);
  const opening = holdSilently(name);
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const usage = openStore(name).usage();
  await vi.advanceTimersByTimeAsync(60_000);
  vi.useRealTimers();
  const reason = expect.stringContaining("TimeoutError") as string;
  expect(await usage).toMatchObject({ value: { mode: { kind: "memory", reason } } });
  held.close();
  await opening;
});
