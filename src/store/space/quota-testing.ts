import { deleteDB } from "idb";
import { afterEach, beforeEach, vi } from "vitest";

/** Storage buckets, as Chromium has them: each is a set of databases with its own quota. */
interface StorageBuckets {
  open(name: string, options: { quota: number }): Promise<{ indexedDB: IDBFactory }>;
  delete(name: string): Promise<void>;
}

/** Gives the databases of each test in this block `quota` bytes together, and deletes them afterwards. */
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
