import { beforeEach, expect, test, vi } from "vitest";
import type { FileCopies } from "./file-copies.ts";
import type { FileRecords, KeptModel } from "./file-records.ts";
import { LocalModels } from "./local-models.ts";
import type { HandedFile } from "./model-files.ts";

const NAME = "m.gguf";
const file = (content = "GGUF!", lastModified = 7) => new File([content], NAME, { lastModified });
const ADDRESS = "local:m.gguf?size=5&modified=7";

/** A handle of a file that the test can change, take away, and lock. */
function fileHandle(getFile: () => File = file, permission: PermissionState = "granted") {
  const requestPermission = vi.fn(() => Promise.resolve<PermissionState>("granted"));
  return {
    kind: "file",
    name: NAME,
    getFile: vi.fn(() => Promise.resolve(getFile())),
    queryPermission: vi.fn(() => Promise.resolve(permission)),
    requestPermission,
  } as unknown as FileSystemFileHandle & { requestPermission: typeof requestPermission };
}

let records = new Map<string, KeptModel>();
let copied = new Map<string, File>();
let keepsRecords = true;
beforeEach(() => {
  records = new Map();
  copied = new Map();
  keepsRecords = true;
});

/** A visit of the page. What is kept outlives it. */
function visit(copies: Partial<Record<keyof FileCopies, unknown>> = {}) {
  const fakeRecords: Pick<FileRecords, "get" | "all" | "put" | "remove"> = {
    get: (address) => Promise.resolve(records.get(address)),
    all: () => Promise.resolve([...records.values()]),
    put: (kept) => {
      if (keepsRecords) records.set(kept.address, kept);
      return Promise.resolve(keepsRecords);
    },
    remove: (address) => Promise.resolve(void records.delete(address)),
  };
  const fakeCopies = {
    isPossible: true,
    copy: (files: File[], { onBytes }: { onBytes: (bytes: number) => void }) => {
      onBytes(5);
      const names = files.map((_file, index) => `copy-${String(index)}`);
      for (const [index, name] of names.entries()) copied.set(name, files[index] ?? file());
      return Promise.resolve({ is: "copied", names });
    },
    file: (name: string) => {
      const there = copied.get(name);
      // A copy was written later than the file that it is of.
      return there
        ? Promise.resolve(new File([there], name, { lastModified: 99 }))
        : Promise.reject(new DOMException("", "NotFoundError"));
    },
    remove: (names: string[]) => {
      for (const name of names) copied.delete(name);
      return Promise.resolve();
    },
    removeOthers: (names: Set<string>) => {
      for (const name of copied.keys()) if (!names.has(name)) copied.delete(name);
      return Promise.resolve();
    },
    ...copies,
  };
  const request = (_name: string, _options: object, work: () => unknown) => Promise.resolve(work());
  return new LocalModels({
    records: fakeRecords as FileRecords,
    copies: fakeCopies as unknown as FileCopies,
    locks: { request } as unknown as Pick<LockManager, "request">,
    nowMs: () => 1,
  });
}

const take = (local: LocalModels, handed: Partial<HandedFile> = {}) =>
  local.take([{ file: file(), ...handed }]);

test("a file is taken under an address that tells it from others, and is at hand for the visit", async () => {
  const local = visit();
  expect(await take(local)).toMatchObject({ url: ADDRESS, name: NAME });
  expect(await local.find(ADDRESS)).toMatchObject({ is: "found", model: { url: ADDRESS } });
  expect(await local.find("local:other.gguf?size=5&modified=7")).toEqual({ is: "gone" });
  expect(await take(local, { file: file("%PDF!") })).toEqual({ is: "no-gguf", name: NAME });
});

test("a handle is kept without a question, once the model runs, and leads to the file next time", async () => {
  const local = visit();
  const handle = fileHandle();
  await take(local, { handle });
  expect(records.size).toBe(0);
  expect(await local.loaded(ADDRESS)).toBe(true);
  expect(local.getSnapshot()).toBeUndefined();
  expect(await visit().find(ADDRESS)).toMatchObject({ is: "found", model: { name: NAME } });
});

test("a file may have to be allowed again", async () => {
  const local = visit();
  const handle = fileHandle(file, "prompt");
  await take(local, { handle });
  await local.loaded(ADDRESS);
  const next = visit();
  expect(await next.find(ADDRESS)).toEqual({ is: "asks-permission" });
  expect(await next.allow(ADDRESS)).toBe(true);
  handle.requestPermission.mockResolvedValueOnce("denied");
  expect(await next.allow(ADDRESS)).toBe(false);
  handle.requestPermission.mockRejectedValueOnce(new DOMException("", "SecurityError"));
  expect(await next.allow(ADDRESS)).toBe(false);
  expect(await next.allow("local:other.gguf?size=5&modified=7")).toBe(false);
});

test.each([
  ["another size", () => file("GGUF and more")],
  ["another date", () => file("GGUF!", 8)],
])("a file of %s is not taken for the one that was kept", async (_what, getFile) => {
  const local = visit();
  await take(local, { handle: fileHandle(getFile) });
  await local.loaded(ADDRESS);
  expect(await visit().find(ADDRESS)).toEqual({ is: "changed" });
});

test("a file that is gone is said to be", async () => {
  const local = visit();
  const gone = fileHandle(() => {
    throw new DOMException("", "NotFoundError");
  });
  await take(local, { handle: gone });
  await local.loaded(ADDRESS);
  expect(await visit().find(ADDRESS)).toEqual({ is: "gone" });
});

test("without a handle a copy is offered, made, found again by the file's own date, and deleted", async () => {
  const local = visit();
  await take(local);
  expect(await local.loaded(ADDRESS)).toBe(false);
  expect(local.getSnapshot()).toMatchObject({ is: "offered", model: { name: NAME } });
  const told: unknown[] = [];
  local.subscribe(() => told.push(local.getSnapshot()?.is));
  expect(await local.keepCopy()).toBe(ADDRESS);
  expect(told).toEqual(["copying", "copying", undefined]);
  const next = visit();
  const found = await next.find(ADDRESS);
  expect(found).toMatchObject({ is: "found", model: { url: ADDRESS, name: NAME } });
  if (found.is === "found") expect(found.model.files[0]?.lastModified).toBe(7);
  expect(await next.loaded(ADDRESS)).toBe(true);
  expect(next.getSnapshot()).toBeUndefined();
  await next.forget(ADDRESS);
  expect(copied.size).toBe(0);
  expect(await visit().find(ADDRESS)).toEqual({ is: "gone" });
});

test("a copy that was cut short is another file, and one that has vanished is gone", async () => {
  const local = visit();
  await take(local);
  await local.loaded(ADDRESS);
  await local.keepCopy();
  copied.set("copy-0", file("GG"));
  expect(await visit().find(ADDRESS)).toEqual({ is: "changed" });
  copied.clear();
  expect(await visit().find(ADDRESS)).toEqual({ is: "gone" });
});

test("a copy without room says so, and can be tried again", async () => {
  const failure = { is: "no-room", neededBytes: 5, freeBytes: 1 };
  const local = visit({ copy: () => Promise.resolve(failure) });
  await take(local);
  await local.loaded(ADDRESS);
  expect(await local.keepCopy()).toBeUndefined();
  expect(local.getSnapshot()).toMatchObject({ is: "failed", failure });
  expect(records.size).toBe(0);
  expect(await local.keepCopy()).toBeUndefined();
});

test("a copy that is cancelled leaves nothing on screen", async () => {
  const local = visit({
    copy: async (_files: File[], { signal }: { signal: AbortSignal }) => {
      await vi.waitFor(() => expect(signal.aborted).toBe(true));
      return { is: "cancelled" };
    },
  });
  await take(local);
  await local.loaded(ADDRESS);
  const copying = local.keepCopy();
  await vi.waitFor(() => expect(local.getSnapshot()).toMatchObject({ is: "copying" }));
  local.decline();
  expect(await copying).toBeUndefined();
  expect(local.getSnapshot()).toBeUndefined();
});

test("a copy that cannot be noted is not left lying, nor is one that a crash has interrupted", async () => {
  copied.set("left over", file());
  const local = visit();
  await take(local);
  await local.loaded(ADDRESS);
  keepsRecords = false;
  expect(await local.keepCopy()).toBeUndefined();
  expect(local.getSnapshot()).toMatchObject({ is: "failed", failure: { is: "failed" } });
  expect(copied.size).toBe(0);
});

test("where no copy can be made none is offered", async () => {
  const local = visit({ isPossible: false });
  await take(local);
  expect(await local.loaded(ADDRESS)).toBe(false);
  expect(local.getSnapshot()).toBeUndefined();
});

test("a folder is at hand for the visit, nothing of it is kept, and the next visit asks for it", async () => {
  const local = visit();
  const inFolder = (name: string, folder = "m") => ({
    file: new File(["{}"], name, { lastModified: 7 }),
    folder,
  });
  const address = "local:m%2Fmlc-chat-config.json?size=2&modified=7";
  const config = inFolder("mlc-chat-config.json");
  const taken = await local.take([inFolder("params_shard_0.bin"), config]);
  expect(taken).toMatchObject({ url: address, name: "m", files: [{}, {}] });
  expect(await local.find(address)).toMatchObject({ is: "found", model: { name: "m" } });
  expect(await local.loaded(address)).toBe(true);
  expect(local.getSnapshot()).toBeUndefined();
  expect(records.size).toBe(0);
  expect(await visit().find(address)).toEqual({ is: "asks-folder" });
  expect(await local.take([inFolder("a.gguf")])).toEqual({ is: "no-model-folder", name: "m" });
  const several = { is: "several-models" };
  expect(await local.take([config, inFolder("a.bin", "n")])).toEqual(several);
  expect(await local.take([config, { file: file() }])).toEqual(several);
});
