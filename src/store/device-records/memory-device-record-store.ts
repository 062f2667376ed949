import { MAX_DEVICE_RECORDS, type DeviceRecordStore } from "./device-record-store.ts";

/** Used in browsers that give no storage. Its records last as long as the worker. */
export function memoryDeviceRecordStore(): DeviceRecordStore {
  /** Values by name, in the order in which they were put. */
  const records = new Map<string, unknown>();
  return {
    deviceRecord: (name) => Promise.resolve(structuredClone(records.get(name))),
    hasDeviceRecord: (name) => Promise.resolve(records.has(name)),
    putDeviceRecord: (name, value) => {
      records.delete(name);
      records.set(name, structuredClone(value));
      for (const oldest of records.keys()) {
        if (records.size <= MAX_DEVICE_RECORDS) break;
        records.delete(oldest);
      }
      return Promise.resolve();
    },
    removeDeviceRecords: (beginnings) => {
      for (const name of records.keys())
        if (beginnings.some((beginning) => name.startsWith(beginning))) records.delete(name);
      return Promise.resolve();
    },
  };
}
