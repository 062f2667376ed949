import "fake-indexeddb/auto";
import { deleteDB } from "idb";
import { afterEach, expect, test, vi } from "vitest";
import type { DatabasePhase } from "../../protocol/store-api.ts";
import { DatabaseHandover } from "./database-handover.ts";
import { idbConversationStore } from "../conversations/idb-conversation-store.ts";
import { databaseConnection, openDatabase } from "./open-database.ts";
import { SCHEMA_VERSION } from "../records/schema.ts";
import { holdOlder, holdSilently } from "./open-database-testing.ts";
import { announceUpgrade, type UpgradeLocks } from "./upgrade-lock.ts";

afterEach(() => void vi.useRealTimers());

let databases = 0;
const freshName = () => `handover-${++databases}`;

const NEXT = { version: SCHEMA_VERSION + 1 };
const MINUTE_MS = 60_000;

/** A tab of this build whose page listens. */
function openTab(name: string, locks?: UpgradeLocks) {
  const handover = new DatabaseHandover();
  const phases: DatabasePhase[] = [];
  handover.subscribe((phase) => phases.push(phase));
  const connect = databaseConnection(name, { handover, locks });
  return { handover, phases, connect, store: idbConversationStore(connect) };
}

const message = (id: string) =>
  ({
    id,
    conversationId: "c",
    parentId: null,
    role: "user",
    text: id,
    status: "complete",
  }) as const;

/** The Web Locks of one browser, as far as an upgrade uses them. */
function fakeLocks(): UpgradeLocks {
  const held = new Set<string>();
  const request = async (name: string, _options: unknown, granted?: unknown) => {
    held.add(name);
    await (granted as () => Promise<void>)();
    held.delete(name);
  };
  const query = () => Promise.resolve({ held: [...held].map((name) => ({ name })) });
  return { request, query } as UpgradeLocks;
}

test("a newer build waits until the page lets go; what is stored until then is there for it", async () => {
  const name = freshName();
  const old = openTab(name);
  await old.store.appendMessage(message("before"));
  const blocked = vi.fn();
  const upgraded = openDatabase(name, { ...NEXT, onBlocked: blocked });
  await vi.waitFor(() => expect(blocked).toHaveBeenCalled());
  expect(old.phases).toEqual(["current", "leaving"]);

  await old.store.appendMessage(message("meanwhile"));
  old.handover.letGo();
  const newer = await upgraded;
  expect(newer.version).toBe(NEXT.version);
  expect(await newer.getAllKeys("messages")).toEqual(["before", "meanwhile"]);
  expect(old.phases.at(-1)).toBe("outdated");
  await expect(old.store.appendMessage(message("after"))).rejects.toMatchObject({
    failure: { code: "outdated" },
  });
  newer.close();
  await expect(old.store.messages("c")).rejects.toMatchObject({ failure: { code: "outdated" } });
});

test("where no page listens, a newer build need not wait", async () => {
  const name = freshName();
  const connect = databaseConnection(name, { handover: new DatabaseHandover() });
  await connect();
  (await openDatabase(name, NEXT)).close();
  await expect(connect()).rejects.toMatchObject({ failure: { code: "outdated" } });
});

test("a deleted database is no newer build's: it is let go at once, and made anew", async () => {
  const name = freshName();
  const tab = openTab(name);
  await tab.store.appendMessage(message("gone"));
  await deleteDB(name);
  expect(await tab.store.messages("c")).toEqual([]);
  expect(tab.phases).toEqual(["current"]);
});

test("to let go of what nobody wants changes nothing", async () => {
  const tab = openTab(freshName());
  await tab.connect();
  tab.handover.letGo();
  await tab.store.appendMessage(message("m"));
  expect(tab.phases).toEqual(["current"]);
});

test("a database that a newer build has is outdated, again and again", async () => {
  const name = freshName();
  (await openDatabase(name, NEXT)).close();
  const { store, phases } = openTab(name);
  for (let call = 0; call < 2; call++)
    await expect(store.conversations()).rejects.toMatchObject({ failure: { code: "outdated" } });
  expect(phases).toEqual(["current", "outdated"]);
});

test("an upgrade waits for an older build as long as that takes, and goes on by itself", async () => {
  const name = freshName();
  const held = await holdOlder(name);
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const tab = openTab(name);
  const opening = tab.connect();
  await vi.waitFor(() => expect(tab.phases).toEqual(["current", "waiting"]));
  await vi.advanceTimersByTimeAsync(30 * MINUTE_MS);
  vi.useRealTimers();
  held.close();
  expect((await opening).version).toBe(SCHEMA_VERSION);
  expect(tab.phases).toEqual(["current", "waiting", "current"]);
});

test("a tab that opens the database behind a waiting upgrade waits as well", async () => {
  const [name, locks] = [freshName(), fakeLocks()];
  const held = await holdOlder(name);
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const upgrading = openTab(name, locks);
  const opened = [upgrading.connect()];
  await vi.waitFor(() => expect(upgrading.phases.at(-1)).toBe("waiting"));
  const behind = openTab(name, locks);
  opened.push(behind.connect());
  await vi.advanceTimersByTimeAsync(30 * MINUTE_MS);
  expect(behind.phases).toEqual(["current", "waiting"]);
  vi.useRealTimers();
  held.close();
  for (const database of await Promise.all(opened)) expect(database.version).toBe(SCHEMA_VERSION);
  expect(behind.phases.at(-1)).toBe("current");
  expect(await locks.query()).toEqual({ held: [] });
});

test("a browser that gives no answer is not waited for, once no upgrade is announced", async () => {
  const [name, locks] = [freshName(), fakeLocks()];
  const endUpgrade = announceUpgrade(locks);
  const held = await holdOlder(name);
  const opening = holdSilently(name);
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const tab = openTab(name, locks);
  const late = expect(tab.connect()).rejects.toThrow("no answer");
  await vi.advanceTimersByTimeAsync(MINUTE_MS);
  endUpgrade();
  await vi.advanceTimersByTimeAsync(MINUTE_MS);
  await late;
  vi.useRealTimers();
  held.close();
  await opening;
});

test("refused locks are done without", async () => {
  const refuse = () => Promise.reject(new DOMException("", "SecurityError"));
  const tab = openTab(freshName(), { request: refuse, query: refuse });
  expect((await tab.connect()).version).toBe(SCHEMA_VERSION);
});
