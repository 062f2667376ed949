import type { ContextView, FinishReason, MessageTokens } from "./engine-api.ts";
import type { QualityLevel } from "./quality.ts";
import type { Result } from "./errors.ts";

export interface ConversationRecord {
  id: string;
  /** The first user message, shortened; empty until there is one. */
  title: string;
  createdAtMs: number;
  /** Last message added. */
  updatedAtMs: number;
  /** The leaf of the path that is shown; null while there is no message. */
  headId: string | null;
  /** Chosen for this conversation; absent: as for all. */
  quality?: QualityLevel;
}

/**
 * `streaming` is what a reply is stored as while it grows: found after a reload, it is a reply that a
 * crash or the reload cut short.
 */
export type MessageStatus = "complete" | "streaming" | "stopped" | "failed";

/** One node of a conversation's tree. Editing or regenerating adds a sibling; nothing is rewritten. */
export interface MessageRecord {
  id: string;
  conversationId: string;
  /** Null for a first message. */
  parentId: string | null;
  role: "user" | "assistant";
  text: string;
  status: MessageStatus;
  createdAtMs: number;
  finishReason?: FinishReason;
  tokens?: MessageTokens;
  /** Of a reply: what the model had in view. */
  context?: ContextView;
}

export interface NewMessage {
  id: string;
  conversationId: string;
  parentId: string | null;
  role: "user" | "assistant";
  text: string;
  status: MessageStatus;
}

export interface MessageChange {
  context?: ContextView;
  text?: string;
  status?: MessageStatus;
  finishReason?: FinishReason;
  tokens?: MessageTokens;
}

/** Where conversations and KV are kept. */
export type StorageMode =
  /** In IndexedDB, KV bytes too or in OPFS. */
  | { kind: "persistent" }
  /** Private mode, or IndexedDB blocked or broken: everything is gone with the page. */
  | { kind: "memory"; reason: string };

export interface StorageUsage {
  mode: StorageMode;
  /** KV bytes, each shared chunk counted once. */
  kvBytes: number;
  /** What deleting a conversation's KV would free: bytes of chunks that it alone owns, and shared ones. */
  conversations: { conversationId: string; ownBytes: number; sharedBytes: number }[];
  /** KV is evicted beyond this. */
  limitBytes: number;
  /** What the browser grants the origin in all, and what it says is used; 0 if it does not say. */
  quotaBytes: number;
  originBytes: number;
}

/** A slower disk than there is. */
export interface ReadThrottle {
  /** Of all reads of KV together. */
  bytesPerMs: number;
  /** Of each read; several wait at the same time. */
  latencyMs: number;
}

/**
 * How the database stands between this build of the page and others, which may want another version of it.
 *
 * - `current`: it is this build's, as far as is known.
 * - `waiting`: this build is to upgrade it, and another tab still uses it as it was.
 * - `leaving`: a newer build waits to upgrade it, until this tab lets it go.
 * - `outdated`: a newer build has it. Every call fails with `outdated`.
 */
export type DatabasePhase = "current" | "waiting" | "leaving" | "outdated";

/** What the page may ask of the store worker. Text is durable when a call has resolved. */
export interface StoreApi {
  /** The database's phase from now on; the present one is told at once. One subscriber. */
  subscribe(onPhase: (phase: DatabasePhase) => void): Promise<void>;
  /** What this tab had to finish before it leaves the database to a newer build is finished. */
  letGo(): Promise<void>;
  /** Serve `KvStoreApi` on this port, which is transferred. For the engine worker's end of a channel. */
  serveKv(port: MessagePort): Promise<void>;
  usage(): Promise<Result<StorageUsage>>;
  /** Bytes of KV to keep at most; undefined for the default, a share of the quota. Evicts at once. */
  setLimit(limitBytes: number | undefined): Promise<Result<void>>;
  /** For every conversation that has no choice of its own; `balanced` where nobody chose. */
  quality(): Promise<Result<QualityLevel>>;
  /**
   * Chosen for all conversations, or for one, which need not be there any more. Undefined takes the
   * choice back: one conversation is as all are again, and all are as where nobody chose.
   */
  setQuality(level: QualityLevel | undefined, conversationId?: string): Promise<Result<void>>;
  /** Remove all KV; text stays. */
  clearKv(): Promise<Result<void>>;
  /** From now on, read KV as from a slower disk: for measuring what restoring is worth there. */
  throttleReads(throttle: ReadThrottle): Promise<Result<void>>;
  /** Most recently updated first. */
  conversations(): Promise<Result<ConversationRecord[]>>;
  /** The whole tree of one conversation, oldest first; empty for an unknown one. */
  messages(conversationId: string): Promise<Result<MessageRecord[]>>;
  /** Adds the message, makes it the conversation's head, and makes the conversation if it is new. */
  appendMessage(message: NewMessage): Promise<Result<MessageRecord>>;
  /** Changes a message that exists; one that was deleted meanwhile stays deleted. */
  updateMessage(id: string, change: MessageChange): Promise<Result<void>>;
  deleteConversation(id: string): Promise<Result<void>>;
}
