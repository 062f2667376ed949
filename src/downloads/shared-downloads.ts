import type {
  Download,
  DownloadApi,
  DownloadRequest,
  DownloadState,
} from "../protocol/download-api.ts";
import { fail, ok, type EngineFailure, type Result } from "../protocol/errors.ts";
import type { DownloadQueue } from "./download-queue.ts";

/** What is asked of the tab that downloads. */
type Command =
  | { is: "start"; request: DownloadRequest }
  | { is: "pause"; url: string }
  | { is: "cancel"; url: string }
  | { is: "resume" }
  | { is: "dropUnfinished" };

type Message =
  /** The tab that downloads tells how all downloads stand. */
  | { type: "downloads"; downloads: readonly Download[] }
  /** A tab asks for that. */
  | { type: "ask" }
  | { type: "command"; id: string; command: Command }
  | { type: "answer"; id: string; result: Result<void> };

/** The part of `BroadcastChannel` that is used here. */
export interface Channel {
  postMessage(message: unknown): void;
  addEventListener(type: "message", listener: (event: { data: unknown }) => void): void;
}

interface SharedParts {
  /** Undefined where the browser has no locks: then this tab is taken for the only one. */
  locks: Pick<LockManager, "request"> | undefined;
  channel: Channel | undefined;
  openQueue: (onChange: (downloads: readonly Download[]) => void) => Promise<DownloadQueue>;
  keepFree: (bytes: number) => void;
}

const LOCK = "rekindle.downloads";

/**
 * The downloads of all tabs. One tab has the lock and downloads. The others pass on to it what is asked of them, and show
 * what it tells. When it is closed, another one goes on.
 */
export class SharedDownloads implements DownloadApi {
  readonly #parts: SharedParts;
  readonly #waiting = new Map<
    string,
    { command: Command; answer: (result: Result<void>) => void }
  >();
  #queue: DownloadQueue | undefined;
  /** Whether this tab is the one that downloads. */
  #isLeading = false;
  #opening: Promise<DownloadQueue> | undefined;
  #downloads: readonly Download[] = [];
  #onChange: (downloads: readonly Download[]) => void = () => undefined;

  constructor(parts: SharedParts) {
    this.#parts = parts;
    parts.channel?.addEventListener("message", ({ data }) => {
      void this.#hear(data as Message);
    });
    this.#post({ type: "ask" });
    if (parts.locks) void parts.locks.request(LOCK, () => this.#lead());
    else void this.#lead();
  }

  subscribe(onChange: (downloads: readonly Download[]) => void): Promise<void> {
    this.#onChange = onChange;
    if (this.#downloads.length > 0 || this.#queue) onChange(this.#downloads);
    return Promise.resolve();
  }

  start(request: DownloadRequest): Promise<Result<void>> {
    return this.#do({ is: "start", request });
  }

  async pause(url: string): Promise<void> {
    await this.#do({ is: "pause", url });
  }

  async cancel(url: string): Promise<void> {
    await this.#do({ is: "cancel", url });
  }

  async resume(): Promise<void> {
    await this.#do({ is: "resume" });
  }

  keepFree(bytes: number): Promise<void> {
    this.#parts.keepFree(bytes);
    return Promise.resolve();
  }

  async dropUnfinished(): Promise<void> {
    await this.#do({ is: "dropUnfinished" });
  }

  /** Becomes the tab that downloads, until its worker ends. */
  async #lead(): Promise<never> {
    this.#isLeading = true;
    // What the tab before this one was downloading goes on here.
    const wasRunning = this.#downloads.some(({ state }) => isRunning(state));
    await this.#open();
    for (const [id, { command, answer }] of this.#waiting) {
      this.#waiting.delete(id);
      answer(await this.#do(command));
    }
    if (wasRunning) await this.#queue?.resume();
    return new Promise<never>(() => undefined);
  }

  /** Opens the downloads. Where that fails, as on a full disk, the next call tries it again. */
  async #open(): Promise<Result<DownloadQueue>> {
    this.#opening ??= this.#parts.openQueue((downloads) => {
      this.#tell(downloads);
      this.#post({ type: "downloads", downloads });
    });
    try {
      return ok((this.#queue = await this.#opening));
    } catch (error) {
      this.#opening = undefined;
      return fail(storageFailure(error));
    }
  }

  async #do(command: Command): Promise<Result<void>> {
    if (this.#isLeading) {
      const opened = await this.#open();
      return opened.ok ? carryOut(opened.value, command) : opened;
    }
    const id = crypto.randomUUID();
    const answered = new Promise<Result<void>>((answer) => {
      this.#waiting.set(id, { command, answer });
    });
    this.#post({ type: "command", id, command });
    return answered;
  }

  async #hear(message: Message): Promise<void> {
    switch (message.type) {
      case "downloads":
        if (!this.#queue) this.#tell(message.downloads);
        return;
      case "ask":
        if (this.#queue) this.#post({ type: "downloads", downloads: this.#queue.snapshot() });
        return;
      case "command": {
        // What is asked while the downloads are being opened waits for them.
        if (!this.#isLeading) return;
        const opened = await this.#open();
        const result = opened.ok ? await carryOut(opened.value, message.command) : opened;
        this.#post({ type: "answer", id: message.id, result });
        return;
      }
      case "answer":
        this.#waiting.get(message.id)?.answer(message.result);
        this.#waiting.delete(message.id);
    }
  }

  #tell(downloads: readonly Download[]): void {
    this.#downloads = downloads;
    this.#onChange(downloads);
  }

  #post(message: Message): void {
    this.#parts.channel?.postMessage(message);
  }
}

/** Without a place for their records, nothing can be downloaded. */
function storageFailure(error: unknown): EngineFailure {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return name === "QuotaExceededError"
    ? { code: "quota-exceeded" }
    : { code: "store-unavailable", message: `${name}: ${message}` };
}

const isRunning = (state: DownloadState): boolean => state === "running" || state === "indexing";

async function carryOut(queue: DownloadQueue, command: Command): Promise<Result<void>> {
  switch (command.is) {
    case "start":
      return queue.start(command.request);
    case "pause":
      await queue.pause(command.url);
      break;
    case "cancel":
      await queue.cancel(command.url);
      break;
    case "resume":
      await queue.resume();
      break;
    case "dropUnfinished":
      await queue.dropUnfinished();
  }
  return ok(undefined);
}
