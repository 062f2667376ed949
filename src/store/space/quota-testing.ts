import { deleteDB } from "idb";
import { afterEach, beforeEach, vi } from "vitest";

/** Chromium's storage buckets: databases with a quota of their own. */
interface StorageBuckets {
  open(name: string, options: { quota: number }): Promise<{ indexedDB: IDBFactory }>;
  delete(name: string): Promise<void>;
}

/** In each test of this block, databases share `quota` bytes and are gone afterwards. */
export function withQuota(quota: number): void {
  const { storageBuckets } = navigator as Navigator & { storageBuckets: StorageBuckets };
  const bucket = "full-disk";

  beforeEach(async () => {
    const { indexedDB } = await storageBuckets.open(bucket, { quota });
    vi.stubGlobal("indexedDB", indexedDB);
  });
  afterEach(async () => {
    const databases = await indexedDB.databases();
    await Promise.all(databases.map(({ name = "" }) => deleteDB(name)));
    vi.unstubAllGlobals();
    await storageBuckets.delete(bucket);
  });
}
