import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { AppVersion, type Version } from "./app-version.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A page whose turn ends when the test says so. */
function openPage() {
  const calls: string[] = [];
  let endTurn: () => void = () => undefined;
  const turn = new Promise<void>((resolve) => (endTurn = resolve));
  const server = { isGone: false };
  const note = (call: string) => () => (calls.push(call), Promise.resolve());
  const version = new AppVersion({
    finishTurn: () => turn,
    letGo: note("letGo"),
    loadNewest: note("loadNewest"),
    isGone: () => Promise.resolve(server.isGone),
  });
  const told: Version["is"][] = [];
  version.subscribe(() => told.push(version.getSnapshot().is));
  return { version, calls, endTurn, server, told };
}

test("the database is left to a newer build when the turn is over, and none is begun meanwhile", async () => {
  const { version, calls, endTurn, told } = openPage();
  expect(version.refusal()).toBeUndefined();
  version.databaseBecame("leaving");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(calls).toEqual([]);
  expect(version.refusal()).toEqual({ code: "outdated" });
  expect(version.getSnapshot()).toEqual({ is: "superseded", isReloading: false });
  endTurn();
  await vi.advanceTimersByTimeAsync(0);
  expect(calls).toEqual(["letGo"]);
  version.databaseBecame("outdated");
  expect(version.getSnapshot()).toEqual({ is: "outdated", isReloading: false });
  expect(version.refusal()).toEqual({ code: "outdated" });
  expect(told).toEqual(["superseded", "outdated"]);
});

test("who waits for an older build is told so, and after 15 s what may be done about it", async () => {
  const { version } = openPage();
  version.databaseBecame("waiting");
  // A message that is sent waits for the database.
  expect(version.refusal()).toBeUndefined();
  await vi.advanceTimersByTimeAsync(14_999);
  expect(version.getSnapshot()).toEqual({ is: "waiting", isLong: false });
  await vi.advanceTimersByTimeAsync(1);
  expect(version.getSnapshot()).toEqual({ is: "waiting", isLong: true });
  version.databaseBecame("current");
  expect(version.getSnapshot()).toEqual({ is: "current" });
});

test("a wait that was short is not told of as a long one later", async () => {
  const { version, told } = openPage();
  version.databaseBecame("waiting");
  version.databaseBecame("current");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(told).toEqual(["waiting", "current"]);
});

test("a newer build that was found is told of until it is put off, and again when another is found", () => {
  const { version } = openPage();
  version.foundNewer();
  expect(version.getSnapshot()).toEqual({ is: "superseded", isReloading: false });
  expect(version.refusal()).toBeUndefined();
  version.dismiss();
  expect(version.getSnapshot()).toEqual({ is: "current" });
  version.foundNewer();
  expect(version.getSnapshot().is).toBe("superseded");
});

test("who agrees gets the newest build once, when the turn is over", async () => {
  const { version, calls, endTurn } = openPage();
  version.foundNewer();
  void version.reload();
  void version.reload();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(version.getSnapshot()).toEqual({ is: "superseded", isReloading: true });
  expect(calls).toEqual([]);
  endTurn();
  await vi.advanceTimersByTimeAsync(0);
  expect(calls).toEqual(["loadNewest"]);
});

test("a part that fails to load outdates the page only where its build is gone", async () => {
  const { version, server, told } = openPage();
  await version.checkIsGone();
  expect(told).toEqual([]);
  server.isGone = true;
  await version.checkIsGone();
  expect(version.getSnapshot()).toEqual({ is: "outdated", isReloading: false });
  // The files that were loaded before keep working.
  expect(version.refusal()).toBeUndefined();
});
