import type { IDBPTransaction } from "idb";
import type { Database } from "../database/open-database.ts";
import { MAX_DEVICE_RECORDS, type DeviceRecordStore } from "./device-record-store.ts";
import { type DeviceRecord } from "../records/device-record.ts";
import type { RekindleDb } from "../records/schema.ts";
import { withDatabase } from "../database/with-database.ts";
import { readTransaction, writeTransaction } from "../database/transactions.ts";

/** What is lost in a crash of the system is measured or learned again. */
const DURABILITY = "relaxed";

export function idbDeviceRecordStore(connect: () => Promise<Database>): DeviceRecordStore {
  const withDb = withDatabase(connect);
  return {
    deviceRecord: (name) =>
      withDb((db) =>
        readTransaction(db, ["profiles"], async (tx) => {
          const record = await tx.objectStore("profiles").index("by-name").get(name);
          return record?.profile;
        }),
      ),
    hasDeviceRecord: (name) =>
      withDb((db) =>
        readTransaction(db, ["profiles"], async (tx) => {
          return (await tx.objectStore("profiles").index("by-name").count(name)) > 0;
        }),
      ),
    putDeviceRecord: (name, value) =>
      withDb((db) =>
        writeTransaction(db, ["profiles"], putting({ name, profile: value }), DURABILITY),
      ),
    removeDeviceRecords: (beginnings) =>
      withDb((db) => writeTransaction(db, ["profiles"], removing(beginnings), DURABILITY)),
  };
}

type RecordWrites = IDBPTransaction<RekindleDb, ["profiles"], "readwrite">;

const putting = (record: DeviceRecord) => async (tx: RecordWrites) => {
  const records = tx.objectStore("profiles");
  const replaced = await records.index("by-name").getKey(record.name);
  if (replaced !== undefined) await records.delete(replaced);
  await records.add(record);
  const numbers = await records.getAllKeys();
  const oldest = numbers.slice(0, Math.max(0, numbers.length - MAX_DEVICE_RECORDS));
  await Promise.all(oldest.map((number) => records.delete(number)));
};

/** Behind every character that a name begins with. */
const LAST_CHARACTER = "\uffff";

const removing = (beginnings: readonly string[]) => async (tx: RecordWrites) => {
  const records = tx.objectStore("profiles");
  for (const beginning of beginnings) {
    const named = IDBKeyRange.bound(beginning, beginning + LAST_CHARACTER);
    const numbers = await records.index("by-name").getAllKeys(named);
    await Promise.all(numbers.map((number) => records.delete(number)));
  }
};
