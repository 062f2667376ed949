import type {
  Download,
  DownloadApi,
  DownloadRequest,
  DownloadState,
} from "../protocol/download-api.ts";
import { fail, ok, type EngineFailure, type Result } from "../protocol/errors.ts";
import { EngineError } from "../shared/engine-error.ts";
import { folderOf, type DownloadRecord, type DownloadRecords } from "./download-records.ts";
import { DownloadSpeed } from "./download-speed.ts";
import { downloadAddress } from "./make-plan.ts";
import { ModelDownload, type DownloadParts } from "./model-download.ts";
import { TransientError } from "./retry.ts";

/** A download with what is known of it in this visit. */
interface Entry {
  download: ModelDownload;
  state: DownloadState;
  failure: EngineFailure | undefined;
  speed: DownloadSpeed;
  /** While it runs. */
  running: { abort: AbortController; ended: Promise<void> } | undefined;
}

interface QueueParts extends Omit<DownloadParts, "records"> {
  records: DownloadRecords;
  onChange: (downloads: readonly Download[]) => void;
}

/** Least time between two reports, unless a state has changed. */
const REPORT_INTERVAL_MS = 250;

/** A server whose file changed while it was downloaded is asked anew, so often. */
const MAX_CHANGES = 2;

/** All downloads. They run side by side and share their requests; one that is cut off can always be started again. */
export class DownloadQueue implements Omit<DownloadApi, "subscribe" | "keepFree"> {
  readonly #parts: QueueParts;
  readonly #entries = new Map<string, Entry>();
  #reporting: ReturnType<typeof setTimeout> | undefined;

  /** Reads what earlier visits have left. Nothing runs until `resume` or `start` is called. */
  static async open(parts: QueueParts): Promise<DownloadQueue> {
    const queue = new DownloadQueue(parts);
    const records = await parts.records.all();
    for (const record of records) {
      const { download, state } = queue.#add(record);
      if (state !== "done") await download.count();
    }
    await queue.#sweep(records);
    queue.#report();
    return queue;
  }

  private constructor(parts: QueueParts) {
    this.#parts = parts;
  }

  snapshot(): Download[] {
    return [...this.#entries.values()].map(({ download, state, failure, speed }) => {
      const { url, name, revision, totalBytes } = download.record;
      const { loadedBytes } = download;
      const bytesPerSecond = state === "running" ? speed.bytesPerSecond : undefined;
      return { url, name, state, loadedBytes, totalBytes, bytesPerSecond, revision, failure };
    });
  }

  async start({ url, name }: DownloadRequest): Promise<Result<void>> {
    let address: string;
    try {
      address = downloadAddress(url);
    } catch (error) {
      if (error instanceof EngineError) return fail(error.failure);
      throw error;
    }
    const entry = this.#entries.get(address) ?? this.#add(newRecord(address, name));
    const isHere = entry.state === "done" && (await entry.download.isWhole());
    if (!entry.running && !isHere) this.#run(entry);
    return ok(undefined);
  }

  async pause(url: string): Promise<void> {
    const entry = this.#find(url);
    if (!entry || entry.state === "done") return;
    await this.#stop(entry);
    await entry.download.note({ wish: "paused" });
    this.#set(entry, "paused");
  }

  async cancel(url: string): Promise<void> {
    const entry = this.#find(url);
    if (!entry) return;
    await this.#stop(entry);
    this.#entries.delete(entry.download.record.url);
    await this.#parts.records.remove(entry.download.record.url);
    await entry.download.remove();
    this.#report();
  }

  resume(): Promise<void> {
    for (const entry of this.#entries.values())
      if (!entry.running && entry.download.record.wish === "runs") this.#run(entry);
    return Promise.resolve();
  }

  async dropUnfinished(): Promise<void> {
    for (const { download, state } of [...this.#entries.values()])
      if (state !== "done") await this.cancel(download.record.url);
  }

  #find(url: string): Entry | undefined {
    return this.#entries.get(url) ?? this.#entries.get(addressOr(url));
  }

  #add(record: DownloadRecord): Entry {
    const entry: Entry = {
      download: new ModelDownload(record, this.#parts),
      state: STATES[record.wish],
      failure: record.wish === "failed" ? record.failure : undefined,
      speed: new DownloadSpeed(),
      running: undefined,
    };
    this.#entries.set(record.url, entry);
    return entry;
  }

  /** Removes pieces that no record speaks of: those of a download that was cancelled as the page was closed. */
  async #sweep(records: readonly DownloadRecord[]): Promise<void> {
    const known = new Set(await Promise.all(records.map(({ url }) => folderOf(url))));
    for (const folder of await this.#parts.pieces.folders())
      if (!known.has(folder)) await this.#parts.pieces.removeFolder(folder);
  }

  #run(entry: Entry): void {
    const abort = new AbortController();
    entry.speed = new DownloadSpeed();
    entry.failure = undefined;
    entry.running = { abort, ended: this.#runToItsEnd(entry, abort.signal) };
  }

  /** Runs a download until it is done, fails or is stopped, and says which. */
  async #runToItsEnd(entry: Entry, signal: AbortSignal): Promise<void> {
    try {
      this.#set(entry, "indexing");
      await entry.download.note({ wish: "runs", failure: undefined });
      await this.#attempt(entry, signal);
      this.#ended(entry, "done");
    } catch (error) {
      if (signal.aborted) entry.running = undefined;
      else await this.#failed(entry, error);
    }
  }

  /** It is not running any more when that is told: whoever hears of it can start it again. */
  #ended(entry: Entry, state: DownloadState): void {
    entry.running = undefined;
    this.#set(entry, state);
  }

  async #attempt(entry: Entry, signal: AbortSignal): Promise<void> {
    const { download } = entry;
    const onIndexed = () => this.#set(entry, "running");
    const onProgress = () => this.#reportSoon();
    for (let changes = 1; ; changes++)
      try {
        await download.run(signal, { onIndexed, onProgress });
        return;
      } catch (error) {
        // The file is another one now. What is there of the former one is dropped as soon as the index is read again.
        const hasChanged = error instanceof EngineError && error.failure.code === "model-changed";
        if (!hasChanged || changes > MAX_CHANGES) throw error;
        this.#set(entry, "indexing");
      }
  }

  /** What may go away by itself is tried again when the network or the person is back; all else waits for the person. */
  async #failed(entry: Entry, error: unknown): Promise<void> {
    entry.failure = await this.#failureOf(entry, error);
    const isPassing = error instanceof TransientError;
    const wish = isPassing ? "runs" : "failed";
    await entry.download.note({ wish, failure: entry.failure }).catch(() => undefined);
    this.#ended(entry, "failed");
    if (!entry.failure) throw error;
  }

  /** Undefined for a bug. */
  async #failureOf(entry: Entry, error: unknown): Promise<EngineFailure | undefined> {
    if (error instanceof EngineError) return withAccount(error.failure);
    if (!(error instanceof DOMException)) return undefined;
    const { record, loadedBytes } = entry.download;
    const neededBytes = Math.max(0, (record.totalBytes ?? 0) - loadedBytes);
    if (error.name === "QuotaExceededError" && record.totalBytes === undefined)
      return { code: "quota-exceeded" };
    if (error.name === "QuotaExceededError")
      return {
        code: "download-no-room",
        neededBytes,
        freeBytes: Math.max(0, (await this.#parts.freeBytes()) ?? 0),
      };
    return { code: "store-unavailable", message: `${error.name}: ${error.message}` };
  }

  async #stop(entry: Entry): Promise<void> {
    entry.running?.abort.abort();
    await entry.running?.ended;
  }

  #set(entry: Entry, state: DownloadState): void {
    entry.state = state;
    this.#report();
  }

  #reportSoon(): void {
    this.#reporting ??= setTimeout(() => this.#report(), REPORT_INTERVAL_MS);
  }

  #report(): void {
    clearTimeout(this.#reporting);
    this.#reporting = undefined;
    for (const { state, speed, download } of this.#entries.values())
      if (state === "running") speed.note(Date.now(), download.loadedBytes);
    this.#parts.onChange(this.snapshot());
  }
}

/** What a download is that an earlier visit has left. */
const STATES: Record<DownloadRecord["wish"], DownloadState> = {
  runs: "waiting",
  paused: "paused",
  failed: "failed",
  done: "done",
};

const newRecord = (url: string, name: string): DownloadRecord => ({
  url,
  name,
  wish: "runs",
  revision: undefined,
  loadedBytes: 0,
  totalBytes: undefined,
  format: undefined,
  files: [],
  moved: [],
  texts: [],
});

function addressOr(url: string): string {
  try {
    return downloadAddress(url);
  } catch {
    return url;
  }
}

/** The hub answers so for repositories that are not given to everyone, and for those that do not exist. */
function withAccount(failure: EngineFailure): EngineFailure {
  if (failure.code !== "model-http-error") return failure;
  const { url, status } = failure;
  return status === 401 || status === 403 ? { code: "model-needs-account", url, status } : failure;
}
