import type { DBSchema, IDBPDatabase, IDBPTransaction, StoreNames } from "idb";
import type { QualityLevel } from "../../protocol/quality.ts";
import type { ConversationRecord, MessageRecord } from "../../protocol/store-api.ts";
import type { ChunkRecord, KvRemoval, SequenceUse, ValueRecord } from "./chunk-record.ts";
import type { DeviceRecord } from "./device-record.ts";

export const DATABASE_NAME = "rekindle";

/** The newest version of the schema, which all code is written against. */
export interface RekindleDb extends DBSchema {
  conversations: {
    key: string;
    value: ConversationRecord;
    indexes: { "by-update": number };
  };
  messages: {
    key: string;
    value: MessageRecord;
    /** Gives a conversation's messages, oldest first. */
    indexes: { "by-conversation": [conversationId: string, createdAtMs: number] };
  };
  /**
   * What is known of each stored chunk. It stands apart from the values, so that finding chunks reads none of them.
   */
  kvMeta: {
    key: [fingerprint: string, prefixHash: string];
    value: ChunkRecord;
    indexes: { "by-parent": [fingerprint: string, parentHash: string]; "by-owner": string };
  };
  kvChunks: {
    key: [fingerprint: string, prefixHash: string, group: number];
    value: ValueRecord;
  };
  /** One record for each sequence: a use is noted there, once, and not in each of the sequence's chunks. */
  kvUse: {
    key: [conversationId: string, fingerprint: string];
    value: SequenceUse;
  };
  settings: {
    key: "kv-limit-bytes" | "quality" | "kv-removal";
    /**
     * The first key has a number of bytes, the second a level, the third what was removed. The types of idb know one
     * type for a whole store.
     */
    value: number | QualityLevel | KvRemoval;
  };
  /**
   * Device records: what was measured or learned on this device, numbered in the order in which it was put. The name
   * of this object store is frozen; it is from the time when the only such record was a profile of the device.
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
 * `migrations[n]` takes a database from version n to n + 1. New ones are appended; one that was released is never
 * edited. A migration may only await requests of the given transaction: awaiting anything else ends it.
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
