import type { Attachment } from "./attachments.ts";
import type { ContextView, FinishReason, MessageTokens, Rereading } from "./engine-api.ts";
import type { ConversationSettings } from "./conversation-settings.ts";
import type { QualityLevel } from "./quality.ts";
import type { ReplyFigures } from "./reply-figures.ts";
import type { Result } from "./errors.ts";

export interface ConversationRecord {
  id: string;
  /** What the person named it, or else the first user message, shortened; empty until there is one. */
  title: string;
  /** The title is the person's own, and nothing but the person changes it. Absent where it is not. */
  isRenamed?: true;
  /** It stands above the others in the list. Absent where it does not. */
  isPinned?: true;
  createdAtMs: number;
  /** When its last message was added. */
  updatedAtMs: number;
  /** It was deleted then, and can be brought back for a short while. No caller of `conversations` sees such a record. */
  deletedAtMs?: number;
  /** Id of the last message of the path that is shown; null while there is no message. */
  headId: string | null;
  /** The level that was chosen for this conversation. If it is absent, the level for all conversations holds. */
  quality?: QualityLevel;
  /** How the model answers in it. Absent if all is as the model has it. */
  settings?: ConversationSettings;
}

/**
 * A reply is stored as `streaming` while it grows. If it is still found as such after a reload, the reload or a
 * crash has cut it short.
 */
export type MessageStatus = "complete" | "streaming" | "stopped" | "failed";

/** The model that wrote a reply. */
export interface ReplyModel {
  /** As `ModelInfo.url` has it: what it is loaded by. */
  url: string;
  /** What a person calls it. */
  name: string;
  quantization: string;
  /** The commit of its repository, where that is known. */
  revision?: string;
  /** What all of its weights take, and so what a download takes where they are gone. */
  weightBytes: number;
}

/**
 * One message of a conversation, which is a tree of messages. Editing a message or asking for another reply adds a
 * sibling, and changes no message that is there.
 */
export interface MessageRecord {
  id: string;
  conversationId: string;
  /** Id of the message that this one follows; null for a first message. */
  parentId: string | null;
  role: "user" | "assistant";
  text: string;
  status: MessageStatus;
  createdAtMs: number;
  finishReason?: FinishReason;
  tokens?: MessageTokens;
  /** Only replies have this: what the model had in view. */
  context?: ContextView;
  /** Only replies have this: what the model thought before it wrote the text. It is never empty. */
  reasoning?: string;
  /** How long the reasoning took, from its first letter to the end of it. Absent until it has ended. */
  reasoningMs?: number;
  /** Only replies have this. Those that were stored before replies knew their model have none. */
  model?: ReplyModel;
  /** Only replies have this: what was run again before them, as in `TurnSummary`. */
  rereading?: Rereading;
  /** Only replies that came to their end, or were stopped, have this: what they took. */
  figures?: ReplyFigures;
  /** Only messages of the person have this: text files that are part of the message. Never empty. */
  attachments?: readonly Attachment[];
}

/** What a person changes about a conversation. Fields that are absent stay. */
export interface ConversationChange {
  /** A name of the person's own, of which the first 1,000 characters are kept. A blank one changes nothing. */
  title?: string;
  isPinned?: boolean;
  /** All settings, in place of those that there were. Empty ones take the choice back. */
  settings?: ConversationSettings;
}

/** A piece of text, and whether it is what was searched for. */
export interface MarkedText {
  text: string;
  isMatch: boolean;
}

/** One conversation that a search has found. */
export interface SearchHit {
  conversationId: string;
  title: MarkedText[];
  /** The message that fits best, on whichever branch it is; null where only the title fits. */
  messageId: string | null;
  /** What is around the first match in that message; empty where there is none. */
  snippet: MarkedText[];
}

/** A message to be added. */
export interface NewMessage {
  id: string;
  conversationId: string;
  parentId: string | null;
  role: "user" | "assistant";
  text: string;
  status: MessageStatus;
  /** Those of the conversation, if this message begins it. They are no part of the message. */
  settings?: ConversationSettings;
  attachments?: readonly Attachment[];
}

/**
 * The fields of a message that are replaced; those that are absent stay. A new text without tokens removes the old
 * ones.
 */
export interface MessageChange {
  context?: ContextView;
  text?: string;
  status?: MessageStatus;
  finishReason?: FinishReason;
  tokens?: MessageTokens;
  reasoning?: string;
  reasoningMs?: number;
  model?: ReplyModel;
  rereading?: Rereading;
  figures?: ReplyFigures;
}

/** Which part of a conversation becomes a conversation of its own. */
export interface ForkRequest {
  conversationId: string;
  /** The last message of the part. */
  messageId: string;
  title: string;
}

/** What was added from a file. */
export interface ImportSummary {
  conversations: number;
  messages: number;
  /** Conversations of the file that could not be read. */
  unread: number;
}

/** Words in which an exported Markdown file says what its texts are. They come from the page, which knows its language. */
export interface MarkdownWords {
  user: string;
  assistant: string;
  reasoning: string;
  /** In place of an empty title. */
  untitled: string;
  /** Of the page; dates are written as people do there. */
  locale: string;
}

/** What is exported. */
export interface ExportRequest {
  /** One conversation. Where it is absent, all of them. */
  conversationId?: string;
  /** A file for people, with what is shown. Where it is absent, JSON with nothing left out. */
  markdown?: MarkdownWords;
}

/** Where conversations and KV are kept. */
export type StorageMode =
  /** They are in IndexedDB. The bytes of KV may be in OPFS instead. */
  | { kind: "persistent" }
  /** In private mode, or if IndexedDB is blocked or broken, everything is in memory and is lost with the page. */
  | { kind: "memory"; reason: string };

/** How much of a conversation is stored in the codecs of one family, in about as many bits. */
export interface StoredShare {
  /** The family's name. Absent for rows as they are. */
  family?: string;
  /** Whole bits that a number takes in each of these chunks, of 16 as it is. */
  bits: number;
  tokens: number;
  bytes: number;
  /** What the same rows take as they are in the cache. */
  plainBytes: number;
}

/** What is stored of one conversation. */
export interface ConversationUsage {
  conversationId: string;
  /** Bytes of the chunks that it alone owns, which deleting it would free. */
  ownBytes: number;
  /** Bytes of the chunks that it shares with other conversations. */
  sharedBytes: number;
  /** How its chunks are stored. Chunks that were stored before they said what they save are not counted. */
  shares: StoredShare[];
}

/** What is stored, and how much space there is. */
export interface StorageUsage {
  mode: StorageMode;
  /** Bytes of all KV. A chunk that several conversations own is counted once. */
  kvBytes: number;
  conversations: ConversationUsage[];
  /** If `kvBytes` would exceed this, KV is evicted. */
  limitBytes: number;
  /** Bytes that the browser grants the origin in all, and that it says are used; 0 if it does not say. */
  quotaBytes: number;
  originBytes: number;
}

/** The speed of a slow disk, which is imitated for measuring. */
export interface ReadThrottle {
  /** The bandwidth that all reads of KV share. */
  bytesPerMs: number;
  /** How long each read waits. Several reads wait at the same time. */
  latencyMs: number;
}

/**
 * Which build of the page the database belongs to. Tabs may run different builds, which need different versions of
 * it.
 *
 * - `current`: The database has this build's version, as far as is known.
 * - `waiting`: This build has to upgrade the database, and waits for another tab that still uses the old version.
 * - `leaving`: A newer build waits to upgrade the database, until this tab calls `letGo`.
 * - `outdated`: A newer build has upgraded the database. Every call fails with `outdated`.
 */
export type DatabasePhase = "current" | "waiting" | "leaving" | "outdated";

/** What the page can ask of the store worker. When a call that writes text has resolved, the text is on the disk. */
export interface StoreApi {
  /** Calls `onPhase` at once with the database's phase, and then at each change. There is one subscriber. */
  subscribe(onPhase: (phase: DatabasePhase) => void): Promise<void>;
  /** Says that this tab has finished what it had to, and that a newer build may have the database. */
  letGo(): Promise<void>;
  /** Serves `KvStoreApi` on this port, which is transferred. The engine worker has the other end of its channel. */
  serveKv(port: MessagePort): Promise<void>;
  usage(): Promise<Result<StorageUsage>>;
  /**
   * Sets how many bytes of KV are kept at most, and evicts at once. Undefined sets the default, a share of the
   * quota.
   */
  setLimit(limitBytes: number | undefined): Promise<Result<void>>;
  /** The level for all conversations that have none of their own; `balanced` if none was chosen. */
  quality(): Promise<Result<QualityLevel>>;
  /**
   * Chooses a level for one conversation or, without an id, for all. An id that does not exist any more changes
   * nothing. Undefined takes the choice back: then the level for all holds for the one, or `balanced` for all.
   */
  setQuality(level: QualityLevel | undefined, conversationId?: string): Promise<Result<void>>;
  /**
   * Whether KV was removed because an older arithmetic had computed it. Resolves when none is left. It is true once,
   * for one tab: whoever asks has to tell the user.
   */
  takeRemovalNotice(): Promise<Result<boolean>>;
  /** Removes all KV, and what the device has learned from it. Text stays. */
  clearKv(): Promise<Result<void>>;
  /** From now on, reads KV as from a slower disk, for measuring what restoring is worth there. */
  throttleReads(throttle: ReadThrottle): Promise<Result<void>>;
  /** All conversations, most recently updated first. */
  conversations(): Promise<Result<ConversationRecord[]>>;
  /**
   * All messages of one conversation: the last one is its head, and the others come before it, oldest first. An unknown
   * conversation has none.
   */
  messages(conversationId: string): Promise<Result<MessageRecord[]>>;
  /** Adds a message, and makes it the head of its conversation. If the conversation is new, it is made too. */
  appendMessage(message: NewMessage): Promise<Result<MessageRecord>>;
  /** Changes a message. One that was deleted meanwhile stays deleted. */
  updateMessage(id: string, change: MessageChange): Promise<Result<void>>;
  /** Shows another branch of a conversation: the path to this message. Nothing happens where one of the two is gone. */
  setHead(conversationId: string, headId: string): Promise<Result<void>>;
  /** Changes a conversation, but not when it was updated. One that was deleted meanwhile stays deleted. */
  changeConversation(id: string, change: ConversationChange): Promise<Result<void>>;
  /**
   * Removes a message that cannot be answered, with what follows it. The newest message that is left at its place is the
   * head, or else the message before it. Nothing happens where there is no such message.
   */
  withdrawMessage(conversationId: string, messageId: string): Promise<Result<void>>;
  /**
   * Copies the messages down to one into a new conversation, with the settings of the old one. Resolves with its id, or
   * with null where there is no such message. Equal tokens have equal KV, so that nothing has to be computed anew.
   */
  forkConversation(request: ForkRequest): Promise<Result<string | null>>;
  /**
   * Deletes conversations in a way that can be taken back: nobody finds them any more, but their text is there until
   * `deleteConversation`, or until the store has been open for half a minute afterwards.
   */
  discardConversations(ids: readonly string[]): Promise<Result<void>>;
  /** Brings conversations back that were discarded and are not deleted yet. */
  restoreConversations(ids: readonly string[]): Promise<Result<void>>;
  /** Adds a copy of a conversation with all of its branches. Resolves with its id; undefined where there is none to copy. */
  copyConversation(id: string, title: string): Promise<Result<string | undefined>>;
  /**
   * The conversations in whose title or texts all words of the query are found, the best first. The first call reads all
   * texts, so it takes a while. Without a word nothing is found, and the texts are read ahead.
   */
  search(query: string): Promise<Result<SearchHit[]>>;
  deleteConversation(id: string): Promise<Result<void>>;
  /**
   * Conversations as a file. They are also read from a database of a newer build, as far as this one understands it, so
   * that nobody's text is out of reach.
   */
  exportText(request?: ExportRequest): Promise<Result<Blob>>;
  /**
   * Adds the conversations of a file that was exported here, by ChatGPT or by llama.cpp's web UI: all that can be read, or
   * none. It fails as `import-refused` if it is no such file.
   */
  importText(file: Blob): Promise<Result<ImportSummary>>;
}
