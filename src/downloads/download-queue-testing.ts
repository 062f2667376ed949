import { createHash } from "node:crypto";
import type { Download, DownloadState } from "../protocol/download-api.ts";
import { DownloadQueue } from "./download-queue.ts";
import { DownloadRecords } from "./download-records.ts";
import { MemoryPieces } from "./memory-pieces-testing.ts";
import { MemoryCache } from "./model-server-testing.ts";
import type { Fetch } from "./request-file.ts";
import type { RetryTiming } from "./retry.ts";
import { Slots } from "./slots.ts";

/** Bytes that differ from place to place and from seed to seed. */
export const fillingOf = (length: number, seed: number): Uint8Array<ArrayBuffer> =>
  Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 12) + seed) & 255);
const md5 = (bytes: Uint8Array) => createHash("md5").update(bytes).digest("hex");

/** The files of a model in MLC's layout, with shards of these bytes. */
export function mlcFiles(...shards: Uint8Array[]): Map<string, Uint8Array> {
  const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  const records = shards.map((bytes, i) => ({
    dataPath: `params_shard_${i}.bin`,
    format: "raw-shard",
    nbytes: bytes.length,
    md5sum: md5(bytes),
    records: [],
  }));
  return new Map<string, Uint8Array>([
    [
      "mlc-chat-config.json",
      text({ tokenizer_files: ["tokenizer.json", "tokenizer_config.json"] }),
    ],
    ["tensor-cache.json", text({ records })],
    ["tokenizer.json", text({ model: {} })],
    ...shards.map((bytes, i) => [`params_shard_${i}.bin`, bytes] as const),
  ]);
}

/** Waits no longer than a moment between tries. */
const SHORT_WAITS: RetryTiming = {
  nowMs: () => 0,
  random: () => 0,
  sleep: () => new Promise((resolve) => setTimeout(resolve, 1)),
};

/** What a browser keeps while pages come and go: a disk, a cache and a database. */
export class TestBrowser {
  readonly pieces = new MemoryPieces();
  readonly cache = new MemoryCache();
  readonly records = new DownloadRecords(`downloads-${crypto.randomUUID()}`);
  freeBytes: number | undefined;
  fetch: Fetch = (...args) => fetch(...args);

  /** Opens the downloads as a page that was just loaded does. */
  async open(
    onChange: (downloads: readonly Download[]) => void = () => undefined,
  ): Promise<TestDownloads> {
    let last: readonly Download[] = [];
    const listeners = new Set<() => void>();
    const queue = await DownloadQueue.open({
      fetch: (...args) => this.fetch(...args),
      timing: SHORT_WAITS,
      pieces: this.pieces,
      cache: this.cache,
      records: this.records,
      slots: new Slots(4),
      freeBytes: () => Promise.resolve(this.freeBytes),
      onChange: (downloads) => {
        last = downloads;
        onChange(downloads);
        for (const listener of listeners) listener();
      },
    });
    const until: TestDownloads["until"] = (is) =>
      new Promise((resolve) => {
        const look = () => {
          const found = last.find(is);
          if (!found) return;
          listeners.delete(look);
          resolve(found);
        };
        listeners.add(look);
        look();
      });
    return {
      queue,
      all: () => last,
      until,
      untilIs: (state) => until((one) => one.state === state),
    };
  }
}

interface TestDownloads {
  queue: DownloadQueue;
  all: () => readonly Download[];
  until: (is: (download: Download) => boolean) => Promise<Download>;
  /** Waits until a download is in this state. */
  untilIs: (state: DownloadState) => Promise<Download>;
}
