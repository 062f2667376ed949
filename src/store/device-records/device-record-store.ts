/** Few models are used on one device, and each has a few records. */
export const MAX_DEVICE_RECORDS = 32;

/**
 * Keeps what was measured or learned on this device, whatever becomes of KV: what `KvStoreApi` promises of
 * device records. Failures are thrown, as by `ChunkStore`.
 */
export interface DeviceRecordStore {
  deviceRecord(name: string): Promise<unknown>;
  hasDeviceRecord(name: string): Promise<boolean>;
  /** Replaces the record of that name. Beyond `MAX_DEVICE_RECORDS`, those that were put longest ago go. */
  putDeviceRecord(name: string, value: unknown): Promise<void>;
  /** Removes the records whose names begin in one of these ways. */
  removeDeviceRecords(beginnings: readonly string[]): Promise<void>;
}
