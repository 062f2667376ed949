import type { Download, DownloadApi, DownloadRequest } from "../../protocol/download-api.ts";
import type { EngineFailure, Result } from "../../protocol/errors.ts";
import type { StoreApi } from "../../protocol/store-api.ts";
import { ObservableValue } from "../observable-value.ts";
import { isStoragePersistent, requestPersistentStorage } from "../persistent-storage.ts";
import { spawnDownloads } from "../workers/spawn-downloads.ts";
import type { WorkerConnection } from "../workers/worker-connection.ts";
import { rememberDownloads, rememberedDownloads, watchRemembered } from "./remembered-downloads.ts";
import { ScreenWakeLock } from "./wake-lock.ts";

/** Before a download above this, the browser is asked to keep what the page stores. */
const WORTH_KEEPING_BYTES = 50e6;

/** A download, as the page shows it. */
export interface ShownDownload extends Download {
  /** The browser was asked to keep what this page stores, and has refused: it may delete the model by itself. */
  mayBeDeleted: boolean;
}

interface DownloadsOptions {
  store: Pick<StoreApi, "usage">;
  spawn?: () => WorkerConnection<DownloadApi>;
  wakeLock?: Pick<ScreenWakeLock, "want">;
  surroundings?: Surroundings;
  /** Asks the browser to keep what is stored. @returns false where it refuses, null where it does not say */
  askToKeep?: () => Promise<boolean | null>;
}

/** What of the page decides when downloads go on. */
interface Surroundings {
  window: EventTarget;
  document: EventTarget & Pick<Document, "visibilityState">;
  /** Whether the person wants to save data, so that nothing is downloaded unasked. */
  savesData: () => boolean;
}

/**
 * The downloads of models. Their worker starts when it is first needed, or when an earlier visit has left some unfinished.
 * Until then the list is as it was told last.
 */
export class Downloads {
  readonly #options: DownloadsOptions;
  readonly #surroundings: Surroundings;
  readonly #wakeLock: Pick<ScreenWakeLock, "want">;
  readonly #shown = new ObservableValue<readonly ShownDownload[]>([]);
  #connection: WorkerConnection<DownloadApi> | undefined;
  #asked: Promise<void> | undefined;
  #isKeepingRefused = false;

  constructor(options: DownloadsOptions) {
    this.#options = options;
    this.#surroundings = options.surroundings ?? { window, document, savesData };
    this.#wakeLock = options.wakeLock ?? new ScreenWakeLock();
    this.#show(rememberedDownloads());
    this.#goOnByItself();
  }

  /** All downloads, finished ones too. */
  readonly getSnapshot = (): readonly ShownDownload[] => this.#shown.getSnapshot();

  readonly subscribe = this.#shown.subscribe;

  /** Begins a download, or goes on with one. How it goes is in the snapshot. */
  async start(request: DownloadRequest): Promise<Result<void>> {
    await this.#tellRoom();
    const started = await this.#worker().start(request);
    if (!started.ok) this.#showFailure(request.url, started.failure);
    return started;
  }

  pause(url: string): Promise<void> {
    return this.#worker().pause(url);
  }

  /** Ends a download and removes what is there of it; a finished one is deleted. */
  cancel(url: string): Promise<void> {
    return this.#worker().cancel(url);
  }

  /** Removes what is there of unfinished downloads. @returns whether there were any */
  async dropUnfinished(): Promise<boolean> {
    if (!this.getSnapshot().some(({ state }) => state !== "done")) return false;
    await this.#worker().dropUnfinished();
    return true;
  }

  #worker(): DownloadApi {
    return (this.#connection ??= this.#connect()).api;
  }

  #connect(): WorkerConnection<DownloadApi> {
    const connection = (this.#options.spawn ?? spawnDownloads)();
    void connection.died.then((failure) => {
      if (this.#connection !== connection) return;
      this.#connection = undefined;
      // What was running can be started again, in a new worker.
      this.#show(this.getSnapshot().map((one) => (isActive(one) ? failed(one, failure) : one)));
    });
    void connection.api.subscribe((downloads) => {
      if (this.#connection === connection) this.#receive(downloads);
    });
    return connection;
  }

  #receive(downloads: readonly Download[]): void {
    this.#show(downloads);
    rememberDownloads(downloads);
    const isLarge = ({ state, totalBytes = 0 }: Download) =>
      state === "running" && totalBytes > WORTH_KEEPING_BYTES;
    if (downloads.some(isLarge)) void (this.#asked ??= this.#askToKeep());
  }

  #show(downloads: readonly Download[]): void {
    const mayBeDeleted = this.#isKeepingRefused;
    this.#shown.set(downloads.map((one) => ({ ...one, mayBeDeleted })));
    this.#wakeLock.want(downloads.some(({ state }) => state === "running"));
  }

  /** Shows that a download could not even be begun, where it is listed. */
  #showFailure(url: string, failure: EngineFailure): void {
    this.#show(this.getSnapshot().map((one) => (one.url === url ? failed(one, failure) : one)));
  }

  async #askToKeep(): Promise<void> {
    const isKept = await (this.#options.askToKeep ?? askToKeep)();
    this.#isKeepingRefused = isKept === false;
    this.#show(this.getSnapshot());
  }

  /** Has the worker leave room for the KV that may yet be stored. */
  async #tellRoom(): Promise<void> {
    const usage = await this.#options.store.usage();
    if (!usage.ok) return;
    const { limitBytes, kvBytes } = usage.value;
    await this.#worker().keepFree(Math.max(0, limitBytes - kvBytes));
  }

  /** Goes on with unfinished downloads now, and whenever the network or the person is back. */
  #goOnByItself(): void {
    const { window: page, document: sight, savesData: isSaving } = this.#surroundings;
    const goOn = () => {
      if (!this.getSnapshot().some(isInterrupted) || isSaving()) return;
      void this.#tellRoom().then(() => this.#worker().resume());
    };
    page.addEventListener("online", goOn);
    sight.addEventListener("visibilitychange", () => {
      if (sight.visibilityState !== "visible") return;
      this.#wakeLock.want(this.getSnapshot().some(({ state }) => state === "running"));
      goOn();
    });
    watchRemembered(page, () => {
      if (this.#connection) return;
      this.#show(rememberedDownloads());
      // Another tab downloads: this one is told how it goes.
      if (this.getSnapshot().some(isActive)) this.#worker();
    });
    goOn();
  }
}

const isActive = ({ state }: Download): boolean =>
  state === "waiting" || state === "indexing" || state === "running";

/** Left by an earlier visit, or by the network. Whatever else has failed, the worker knows and leaves. */
const isInterrupted = ({ state }: Download): boolean => state === "waiting" || state === "failed";

const failed = (download: Download, failure: Download["failure"]): Download => ({
  ...download,
  state: "failed",
  bytesPerSecond: undefined,
  failure,
});

async function askToKeep(): Promise<boolean | null> {
  await requestPersistentStorage();
  return isStoragePersistent();
}

const savesData = (): boolean =>
  (navigator as { readonly connection?: { readonly saveData?: boolean } }).connection?.saveData ===
  true;
