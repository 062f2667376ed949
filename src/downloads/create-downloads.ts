import type { DownloadApi } from "../protocol/download-api.ts";
import { DownloadQueue } from "./download-queue.ts";
import { DownloadRecords } from "./download-records.ts";
import { cacheStorage } from "./file-cache.ts";
import { piecesOfBrowser } from "./pieces-of-browser.ts";
import { realTiming } from "./retry.ts";
import { SharedDownloads } from "./shared-downloads.ts";
import { Slots } from "./slots.ts";

/** Requests for weights at a time: more bring little, and take the network from everything else. */
const REQUESTS = 4;

/** What downloads leave free besides what they are told to: the text of conversations is to fit in any case. */
const SPARE_BYTES = 100e6;

/** Names the channel between tabs. It changes whenever a message does. */
const CHANNEL = "rekindle.downloads.1";

/** The download worker's `DownloadApi`. */
export function createDownloads(): DownloadApi {
  let keptFreeBytes = 0;
  return new SharedDownloads({
    locks: (navigator as { readonly locks?: LockManager }).locks,
    channel: openChannel(),
    keepFree: (bytes) => (keptFreeBytes = bytes),
    openQueue: async (onChange) =>
      DownloadQueue.open({
        fetch: (...args) => fetch(...args),
        timing: realTiming,
        pieces: await piecesOfBrowser(),
        cache: cacheStorage,
        records: new DownloadRecords(),
        slots: new Slots(REQUESTS),
        freeBytes: async () => {
          const granted = await freeBytes();
          return granted === undefined ? undefined : granted - keptFreeBytes - SPARE_BYTES;
        },
        onChange,
      }),
  });
}

/** Bytes that the browser grants and that are not used; undefined where it does not say. */
async function freeBytes(): Promise<number | undefined> {
  const { quota, usage } = await navigator.storage.estimate();
  return quota === undefined || usage === undefined ? undefined : quota - usage;
}

function openChannel(): BroadcastChannel | undefined {
  try {
    return new BroadcastChannel(CHANNEL);
  } catch {
    // It is blocked along with storage.
    return undefined;
  }
}
