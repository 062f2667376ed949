import type { Download, DownloadState } from "../../protocol/download-api.ts";
import { keptFailure } from "../../protocol/kept-failure.ts";

const KEY = "rekindle.downloads";

/** In characters; hundreds of downloads take less. */
const MAX_LENGTH = 200_000;

/** What a download that was left is, until a worker says what became of it. */
const LEFT_AS: Record<DownloadState, DownloadState> = {
  waiting: "waiting",
  indexing: "waiting",
  running: "waiting",
  paused: "paused",
  failed: "failed",
  done: "done",
};

/**
 * The downloads as they were told last, in any tab or visit. They can be shown before there is a worker, and say whether
 * one is needed.
 */
export function rememberedDownloads(): readonly Download[] {
  try {
    const text = localStorage.getItem(KEY) ?? "[]";
    const found: unknown = text.length <= MAX_LENGTH ? JSON.parse(text) : [];
    return Array.isArray(found) ? found.flatMap((one) => downloadOf(one) ?? []) : [];
  } catch {
    return [];
  }
}

/** Remembers the downloads for the next visit, and for other tabs. */
export function rememberDownloads(downloads: readonly Download[]): void {
  try {
    // How fast it was is of no use any more.
    const kept = downloads.map((one) => ({
      ...one,
      state: LEFT_AS[one.state],
      bytesPerSecond: undefined,
    }));
    if (kept.length === 0) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, JSON.stringify(kept));
  } catch {
    // Storage is blocked or full. At the next visit, unfinished downloads go on when one looks at them.
  }
}

/** Calls `onChange` when another tab remembers other downloads. */
export function watchRemembered(target: EventTarget, onChange: () => void): void {
  target.addEventListener("storage", (event) => {
    if ((event as StorageEvent).key === KEY) onChange();
  });
}

function downloadOf(found: unknown): Download | undefined {
  if (typeof found !== "object" || found === null) return undefined;
  const { url, name, state, loadedBytes, totalBytes, revision, failure } = found as Partial<
    Record<keyof Download, unknown>
  >;
  if (typeof url !== "string" || !URL.canParse(url) || typeof name !== "string") return undefined;
  if (typeof state !== "string" || !Object.hasOwn(LEFT_AS, state)) return undefined;
  return {
    url,
    name,
    state: LEFT_AS[state as DownloadState],
    loadedBytes: isBytes(loadedBytes) ? loadedBytes : 0,
    totalBytes: isBytes(totalBytes) ? totalBytes : undefined,
    bytesPerSecond: undefined,
    revision: typeof revision === "string" ? revision : undefined,
    failure: state === "failed" ? keptFailure(failure) : undefined,
  };
}

const isBytes = (found: unknown): found is number =>
  Number.isSafeInteger(found) && Number(found) >= 0;
