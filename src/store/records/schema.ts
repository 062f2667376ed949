import type { DBSchema, IDBPDatabase, IDBPTransaction, StoreNames } from "idb";
import type { QualityLevel } from "../../protocol/quality.ts";
import type { ConversationRecord, MessageRecord } from "../../protocol/store-api.ts";
import type { ChunkRecord, SequenceUse, ValueRecord } from "./chunk-record.ts";
import type { DeviceRecord } from "./device-record.ts";

export const DATABASE_NAME = "rekindle";

/** The schema the code is written against: always the newest version. */
export interface RekindleDb extends DBSchema {
  conversations: {
    key: string;
    value: ConversationRecord;
    indexes: { "by-update": number };
  };
  messages: {
    key: string;
    value: MessageRecord;
    /** A conversation's messages, oldest first. */
    indexes: { "by-conversation": [conversationId: string, createdAtMs: number] };
  };
  /** What is known of each stored chunk: small, so that looking for chunks reads no values. */
  kvMeta: {
    key: [fingerprint: string, prefixHash: string];
    value: ChunkRecord;
    indexes: { "by-parent": [fingerprint: string, parentHash: string]; "by-owner": string };
  };
  kvChunks: {
    key: [fingerprint: string, prefixHash: string, group: number];
    value: ValueRecord;
  };
  /** Every owner of a chunk has one, so that a use is noted in one place and not in all its chunks. */
  kvUse: {
    key: [conversationId: string, fingerprint: string];
    value: SequenceUse;
  };
  settings: {
    key: "kv-limit-bytes" | "quality";
    /** A number of bytes under the first key, a level under the second: idb has one type for all values of a store. */
    value: number | QualityLevel;
  };
  /**
   * Device records: what was measured or learned on this device. Numbered in the order in which they were put.
   * Its name is that of the first such record, a profile of the device, and frozen.
   */
  profiles: {
    key: number;
    value: DeviceRecord;
    indexes: { "by-name": string };
  };
}

type Migration = (
  db: IDBPDatabase<RekindleDb>,
  tx: IDBPTransaction<RekindleDb, StoreNames<RekindleDb>[], "versionchange">,
) => void;

/**
 * `migrations[n]` takes a database from version n to n + 1. Append; never edit one that shipped.
 * Awaiting anything but the given transaction's own requests ends it.
 */
export const migrations: readonly Migration[] = [
  function createConversations(db) {
    db.createObjectStore("conversations", { keyPath: "id" }).createIndex(
      "by-update",
      "updatedAtMs",
    );
    db.createObjectStore("messages", { keyPath: "id" }).createIndex("by-conversation", [
      "conversationId",
      "createdAtMs",
    ]);
  },
  function createChunks(db) {
    const meta = db.createObjectStore("kvMeta", { keyPath: ["fingerprint", "prefixHash"] });
    meta.createIndex("by-parent", ["fingerprint", "parentHash"]);
    meta.createIndex("by-owner", "owners", { multiEntry: true });
    db.createObjectStore("kvChunks");
    db.createObjectStore("kvUse", { keyPath: ["conversationId", "fingerprint"] });
    db.createObjectStore("settings");
  },
  function createProfiles(db) {
    db.createObjectStore("profiles", { autoIncrement: true }).createIndex("by-name", "name", {
      unique: true,
    });
  },
];

export const SCHEMA_VERSION = migrations.length;
