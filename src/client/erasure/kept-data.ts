import { FOLDERS, kindOfCache, kindOfKey, type KeptKind } from "../../protocol/kept-data.ts";
import { countRecords, withStoreDatabase } from "./store-database.ts";

/** What the browser keeps of one kind. */
export interface Kept {
  kind: KeptKind;
  /** Things of this kind, where they can be counted. */
  count?: number;
  /** Messages in all conversations. */
  messages?: number;
  /** Where it is known. */
  bytes?: number;
}

/** What the browser keeps, except for the bytes of KV, which the store tells. */
export async function keptData(): Promise<Kept[]> {
  const [records, caches, folders] = await Promise.all([countAll(), cacheBytes(), folderBytes()]);
  return [
    { kind: "conversations", count: records.conversations, messages: records.messages },
    { kind: "caches", ...bytesIn(folders, "caches") },
    { kind: "learned", count: records.profiles + keysOf("learned").length },
    { kind: "models", bytes: (caches.get("models") ?? 0) + (folders.get("models") ?? 0) },
    { kind: "drafts", count: keysOf("drafts").length },
    { kind: "settings", count: keysOf("settings").length + records.settings },
    { kind: "app", bytes: caches.get("app") ?? 0 },
  ];
}

const bytesIn = (of: ReadonlyMap<KeptKind, number>, kind: KeptKind) => {
  const bytes = of.get(kind);
  return bytes === undefined ? {} : { bytes };
};

const NONE = { conversations: 0, messages: 0, profiles: 0, settings: 0 };

async function countAll(): Promise<typeof NONE> {
  const counted = await withStoreDatabase(async (db) => {
    const names = Object.keys(NONE) as (keyof typeof NONE)[];
    const counts = await Promise.all(names.map((name) => countRecords(db, name)));
    return { ...NONE, ...Object.fromEntries(names.map((name, i) => [name, counts[i] ?? 0])) };
  });
  return counted ?? NONE;
}

/** The keys of `localStorage` that belong to a kind. Where storage is blocked, there are none. */
export function keysOf(kind: KeptKind): string[] {
  try {
    return Object.keys(localStorage).filter((key) => kindOfKey(key) === kind);
  } catch {
    return [];
  }
}

/** Bytes of the files in Cache Storage, by kind. */
async function cacheBytes(): Promise<Map<KeptKind, number>> {
  const sums = new Map<KeptKind, number>();
  try {
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys())
        add(sums, kindOfCache(name), await bytesOfResponse(await cache.match(request)));
    }
  } catch {
    // Cache Storage is missing or blocked, so nothing is in it.
  }
  return sums;
}

/** A response says how long it is, or else it is read: only small ones say nothing. */
async function bytesOfResponse(response: Response | undefined): Promise<number> {
  const said = Number(response?.headers.get("content-length") ?? NaN);
  return Number.isSafeInteger(said) ? said : ((await response?.blob())?.size ?? 0);
}

/** Bytes of the private files, by kind. */
async function folderBytes(): Promise<Map<KeptKind, number>> {
  const sums = new Map<KeptKind, number>();
  try {
    for await (const [name, handle] of (await navigator.storage.getDirectory()).entries())
      add(sums, FOLDERS[name] ?? "models", await bytesBelow(handle));
  } catch {
    // There is no private file system.
  }
  return sums;
}

async function bytesBelow(handle: FileSystemHandle): Promise<number> {
  if (handle.kind === "file") return (await (handle as FileSystemFileHandle).getFile()).size;
  let sum = 0;
  for await (const below of (handle as FileSystemDirectoryHandle).values())
    sum += await bytesBelow(below);
  return sum;
}

const add = (sums: Map<KeptKind, number>, kind: KeptKind, bytes: number): void =>
  void sums.set(kind, (sums.get(kind) ?? 0) + bytes);
