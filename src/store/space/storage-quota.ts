const MIB = 2 ** 20;

/** The share of the quota that KV may take. The rest is for the model's weights and for the conversations. */
const DEFAULT_SHARE = 0.2;
const DEFAULT_CAP_BYTES = 2048 * MIB;

/** The default limit in a browser that does not tell its quota. */
const UNKNOWN_QUOTA_DEFAULT_BYTES = 512 * MIB;

/** The most that KV may take of a tab's memory, where the browser gives no storage. */
export const MEMORY_CAP_BYTES = 256 * MIB;

export interface Quota {
  /** Bytes that the browser grants this origin in all; 0 if it does not tell. */
  quotaBytes: number;
  /** Bytes that this origin uses, as far as the browser tells. */
  originBytes: number;
}

export async function storageQuota(storage?: Pick<StorageManager, "estimate">): Promise<Quota> {
  try {
    const { quota = 0, usage = 0 } = await (storage ?? navigator.storage).estimate();
    return { quotaBytes: quota, originBytes: usage };
  } catch {
    // Some contexts have no `navigator.storage`.
    return { quotaBytes: 0, originBytes: 0 };
  }
}

/** The limit of KV while the user has set none. */
export function defaultLimitBytes({ quotaBytes }: Quota): number {
  if (quotaBytes === 0) return UNKNOWN_QUOTA_DEFAULT_BYTES;
  return Math.min(Math.floor(quotaBytes * DEFAULT_SHARE), DEFAULT_CAP_BYTES);
}
