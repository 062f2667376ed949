import type { Download } from "../../protocol/download-api.ts";
import { ObservableValue } from "../observable-value.ts";

interface DownloadList {
  subscribe: (listener: () => void) => unknown;
  getSnapshot: () => readonly Download[];
}

/** The downloads that have ended in this visit, until somebody has said what becomes of them. */
export class ArrivedDownloads {
  readonly #downloads: DownloadList;
  readonly #arrived = new ObservableValue<readonly Download[]>([]);
  /** Addresses of those that were under way at the last look. */
  #underway: ReadonlySet<string>;

  constructor(downloads: DownloadList) {
    this.#downloads = downloads;
    this.#underway = this.#notDone();
    downloads.subscribe(() => this.#look());
  }

  readonly getSnapshot = (): readonly Download[] => this.#arrived.getSnapshot();

  readonly subscribe = (listener: () => void): (() => void) => this.#arrived.subscribe(listener);

  /** The download is in use now, or is not wanted yet. */
  dismiss(url: string): void {
    this.#arrived.set(this.getSnapshot().filter((download) => download.url !== url));
  }

  #look(): void {
    const all = this.#downloads.getSnapshot();
    const isDone = (url: string) => all.some((one) => one.url === url && one.state === "done");
    const kept = this.getSnapshot().filter(({ url }) => isDone(url));
    const ended = all.filter(({ url, state }) => state === "done" && this.#underway.has(url));
    this.#underway = this.#notDone();
    if (ended.length > 0 || kept.length < this.getSnapshot().length)
      this.#arrived.set([...kept, ...ended]);
  }

  #notDone(): ReadonlySet<string> {
    const underway = this.#downloads.getSnapshot().filter(({ state }) => state !== "done");
    return new Set(underway.map(({ url }) => url));
  }
}
