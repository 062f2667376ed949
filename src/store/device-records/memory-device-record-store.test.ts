import { memoryDeviceRecordStore } from "./memory-device-record-store.ts";
import { deviceRecordStoreConformance } from "./device-record-store.conformance.ts";

deviceRecordStoreConformance(memoryDeviceRecordStore);
