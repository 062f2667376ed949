import type { DBSchema, IDBPDatabase, IDBPTransaction, StoreNames } from "idb";
import type { ConversationRecord, MessageRecord } from "../protocol/store-api.ts";

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
];

export const SCHEMA_VERSION = migrations.length;
