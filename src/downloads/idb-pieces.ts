import { openDB, type DBSchema, type IDBPDatabase } from "idb";
import type { PieceStore, PieceWriter } from "./piece-store.ts";

/** Where some bytes of a piece lie in it: from `start` up to, but not including, `end`. */
type BlockKey = [folder: string, name: string, start: number, end: number];

interface PiecesDb extends DBSchema {
  blocks: { key: BlockKey; value: Blob };
}

/** Bytes of a block. Those that have come since the last one are lost with the page. */
const BLOCK_BYTES = 2 ** 17;

/** Pieces in IndexedDB, for browsers that give no private files, as in Firefox's private windows. */
export class IdbPieces implements PieceStore {
  readonly #name: string;
  #opened: Promise<IDBPDatabase<PiecesDb>> | undefined;

  constructor(name = "rekindle-download-pieces") {
    this.#name = name;
  }

  async lengths(folder: string): Promise<Map<string, number>> {
    const lengths = new Map<string, number>();
    const keys = await (await this.#open()).getAllKeys("blocks", rangeOf(folder));
    // They come in the order of their places.
    for (const [, name, , end] of keys) lengths.set(name, end);
    return lengths;
  }

  async open(folder: string, name: string): Promise<PieceWriter> {
    const db = await this.#open();
    const keys = await db.getAllKeys("blocks", rangeOf(folder, name));
    return new IdbWriter(db, [folder, name], keys.at(-1)?.[3] ?? 0);
  }

  async read(folder: string, name: string): Promise<Blob | undefined> {
    const blocks = await (await this.#open()).getAll("blocks", rangeOf(folder, name));
    return blocks.length === 0 ? undefined : new Blob(blocks);
  }

  async remove(folder: string, name: string): Promise<void> {
    await (await this.#open()).delete("blocks", rangeOf(folder, name));
  }

  async removeFolder(folder: string): Promise<void> {
    await (await this.#open()).delete("blocks", rangeOf(folder));
  }

  async folders(): Promise<string[]> {
    const keys = await (await this.#open()).getAllKeys("blocks");
    return [...new Set(keys.map(([folder]) => folder))];
  }

  #open(): Promise<IDBPDatabase<PiecesDb>> {
    const forget = () => (this.#opened = undefined);
    this.#opened ??= openDB<PiecesDb>(this.#name, 1, {
      upgrade: (db) => void db.createObjectStore("blocks"),
      terminated: forget,
    });
    this.#opened.catch(forget);
    return this.#opened;
  }
}

class IdbWriter implements PieceWriter {
  readonly #db: IDBPDatabase<PiecesDb>;
  readonly #place: [folder: string, name: string];
  #storedBytes: number;
  #block: Uint8Array<ArrayBuffer>[] = [];
  #blockBytes = 0;

  constructor(db: IDBPDatabase<PiecesDb>, place: [string, string], storedBytes: number) {
    this.#db = db;
    this.#place = place;
    this.#storedBytes = storedBytes;
  }

  get bytes(): number {
    return this.#storedBytes + this.#blockBytes;
  }

  async append(bytes: Uint8Array): Promise<void> {
    this.#block.push(bytes.slice());
    this.#blockBytes += bytes.length;
    if (this.#blockBytes >= BLOCK_BYTES) await this.#store();
  }

  async clear(): Promise<void> {
    this.#block = [];
    this.#blockBytes = 0;
    this.#storedBytes = 0;
    await this.#db.delete("blocks", rangeOf(...this.#place));
  }

  async close(): Promise<void> {
    if (this.#blockBytes > 0) await this.#store();
  }

  async #store(): Promise<void> {
    const end = this.bytes;
    await this.#db.put("blocks", new Blob(this.#block), [...this.#place, this.#storedBytes, end]);
    this.#storedBytes = end;
    this.#block = [];
    this.#blockBytes = 0;
  }
}

/** The keys of all blocks of a folder, or of one of its pieces: an array comes behind every number and text. */
const rangeOf = (folder: string, ...name: string[]): IDBKeyRange =>
  IDBKeyRange.bound([folder, ...name], [folder, ...name, []]);
