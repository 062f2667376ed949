import { deleteDB } from "idb";
import { afterEach } from "vitest";
import { idbDeviceRecordStore } from "./idb-device-record-store.ts";
import { databaseConnection } from "../database/open-database.ts";
import { deviceRecordStoreConformance } from "./device-record-store.conformance.ts";

const opened: string[] = [];
afterEach(() => Promise.all(opened.splice(0).map((name) => deleteDB(name))));

deviceRecordStoreConformance(() => {
  const name = `device-records-${crypto.randomUUID()}`;
  opened.push(name);
  return idbDeviceRecordStore(databaseConnection(name));
});
