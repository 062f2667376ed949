import { sha256 } from "hash-wasm";
import { openDB, type DBSchema, type IDBPDatabase } from "idb";
import type { EngineFailure } from "../protocol/errors.ts";
import { keptFailure } from "../protocol/kept-failure.ts";
import { fieldsOf, isCount, isName, isOneOf } from "../shared/record-fields.ts";
import type { PlannedFile } from "./download-plan.ts";
import type { FileKey } from "./file-cache.ts";

/**
 * What a person wants of a download: that it goes on, that it rests, or nothing more, as it failed in a way that only
 * they can help, or is done.
 */
const WISHES = ["runs", "paused", "failed", "done"] as const;

/** What is kept of a download from one visit to the next. Its bytes are in pieces and in Cache Storage. */
export interface DownloadRecord {
  /** As `downloadAddress` spells it. */
  url: string;
  name: string;
  wish: (typeof WISHES)[number];
  /** Why it failed, where only a person can help. Records of before this was kept say nothing. */
  failure?: EngineFailure | undefined;
  /** Of the files that came last; undefined until the index was read, and where the server names none. */
  revision: string | undefined;
  /** Bytes that are here and that all files have, as they were last. */
  loadedBytes: number;
  totalBytes: number | undefined;
  format: "mlc" | "gguf" | undefined;
  /** The files of weights; none until the index was read. */
  files: readonly PlannedFile[];
  /** Ids of the files that have been checked and moved to Cache Storage. */
  moved: readonly string[];
  /** Keys in Cache Storage of the small files that are kept with the model, the index among them. */
  texts: readonly FileKey[];
}

/** Bytes of all files of a model, and entries of its lists: more than there can be. */
const MAX_BYTES = 2 ** 40;
const MAX_ENTRIES = 10_000;
const MAX_URL_LETTERS = 4096;

interface DownloadsDb extends DBSchema {
  downloads: { key: string; value: DownloadRecord };
}

/** The folder of a download's pieces. */
export const folderOf = async (url: string): Promise<string> => (await sha256(url)).slice(0, 32);

/**
 * The records of all downloads, in a database of their own: the engine reads it too, and nothing is lost with it but
 * what can be downloaded again. Where the browser keeps nothing, every call rejects.
 */
export class DownloadRecords {
  readonly #name: string;
  #opened: Promise<IDBPDatabase<DownloadsDb>> | undefined;

  constructor(name = "rekindle-downloads") {
    this.#name = name;
  }

  /** What this page would not have written is left out. */
  async all(): Promise<DownloadRecord[]> {
    const found: unknown[] = await (await this.#open()).getAll("downloads");
    return found.filter(isDownloadRecord).map(withCheckedFailure);
  }

  async get(url: string): Promise<DownloadRecord | undefined> {
    const found: unknown = await (await this.#open()).get("downloads", url);
    return isDownloadRecord(found) ? withCheckedFailure(found) : undefined;
  }

  async put(record: DownloadRecord): Promise<void> {
    await (await this.#open()).put("downloads", record);
  }

  async remove(url: string): Promise<void> {
    await (await this.#open()).delete("downloads", url);
  }

  #open(): Promise<IDBPDatabase<DownloadsDb>> {
    const forget = () => (this.#opened = undefined);
    this.#opened ??= openDB<DownloadsDb>(this.#name, 1, {
      upgrade: (db) => void db.createObjectStore("downloads", { keyPath: "url" }),
      blocking: (_current, _next, event) => {
        (event.target as IDBDatabase).close();
        forget();
      },
      terminated: forget,
    });
    this.#opened.catch(forget);
    return this.#opened;
  }
}

function isDownloadRecord(found: unknown): found is DownloadRecord {
  const fields = fieldsOf(found);
  if (!fields || !isUrl(fields["url"]) || !isName(fields["name"])) return false;
  const { wish, revision, loadedBytes, totalBytes, format } = fields;
  return (
    isOneOf(wish, WISHES) &&
    isAbsentOr(revision, isName) &&
    isCount(loadedBytes, MAX_BYTES) &&
    isAbsentOr(totalBytes, (bytes) => isCount(bytes, MAX_BYTES)) &&
    isAbsentOr(format, (one) => isOneOf(one, ["mlc", "gguf"])) &&
    isListOf(fields["files"], isPlannedFile) &&
    isListOf(fields["moved"], (id) => isHex(id)) &&
    isListOf(fields["texts"], isKey)
  );
}

/** A reason that cannot be believed is no reason to lose the download. */
const withCheckedFailure = (record: DownloadRecord): DownloadRecord => ({
  ...record,
  failure: keptFailure(record.failure),
});

const isListOf = (found: unknown, isEntry: (entry: unknown) => boolean): boolean =>
  Array.isArray(found) && found.length <= MAX_ENTRIES && found.every(isEntry);

const isAbsentOr = (found: unknown, is: (found: unknown) => boolean): boolean =>
  found === undefined || is(found);

const isUrl = (found: unknown): boolean =>
  typeof found === "string" && found.length <= MAX_URL_LETTERS && /^https?:\/\//.test(found);

const isHex = (found: unknown): boolean =>
  typeof found === "string" && /^[0-9a-f]{1,64}$/.test(found);

function isPlannedFile(found: unknown): boolean {
  const { url, bytes, md5, sha256: sum, validator } = fieldsOf(found) ?? {};
  const isState = (text: unknown) => typeof text === "string" && text.length <= MAX_URL_LETTERS;
  return (
    isUrl(url) &&
    isCount(bytes, MAX_BYTES) &&
    isAbsentOr(md5, isHex) &&
    isAbsentOr(sum, isHex) &&
    isAbsentOr(validator, isState)
  );
}

function isKey(found: unknown): boolean {
  const { cache, url } = fieldsOf(found) ?? {};
  return isOneOf(cache, ["webllm/config", "webllm/model"]) && isUrl(url);
}
