const MIB = 2 ** 20;

/** The rest is for the model's weights, and for the conversations. */
const DEFAULT_SHARE = 0.2;
const DEFAULT_CAP_BYTES = 2048 * MIB;

/** Where a browser does not say what it grants. */
const UNKNOWN_QUOTA_DEFAULT_BYTES = 512 * MIB;

/** What KV may take of a tab that cannot store it. */
export const MEMORY_CAP_BYTES = 256 * MIB;

export interface Quota {
  /** Granted to the origin in all; 0 if the browser does not say. */
  quotaBytes: number;
  originBytes: number;
}

export async function storageQuota(storage?: Pick<StorageManager, "estimate">): Promise<Quota> {
  try {
    const { quota = 0, usage = 0 } = await (storage ?? navigator.storage).estimate();
    return { quotaBytes: quota, originBytes: usage };
  } catch {
    // Not in every context is there a storage to ask.
    return { quotaBytes: 0, originBytes: 0 };
  }
}

export function defaultLimitBytes({ quotaBytes }: Quota): number {
  if (quotaBytes === 0) return UNKNOWN_QUOTA_DEFAULT_BYTES;
  return Math.min(Math.floor(quotaBytes * DEFAULT_SHARE), DEFAULT_CAP_BYTES);
}
