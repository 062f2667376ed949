import { fail, ok, type EngineFailure, type Result } from "../protocol/errors.ts";
import { DEFAULT_QUALITY, type QualityLevel } from "../protocol/quality.ts";
import type {
  ConversationChange,
  ConversationRecord,
  DatabasePhase,
  ForkRequest,
  ImportSummary,
  MessageChange,
  MessageRecord,
  NewMessage,
  SearchHit,
  StorageUsage,
  StoreApi,
} from "../protocol/store-api.ts";

export const message = (id: string, fields: Partial<MessageRecord> = {}): MessageRecord => ({
  id,
  conversationId: "c",
  parentId: null,
  role: "user",
  text: `text of ${id}`,
  status: "complete",
  createdAtMs: 0,
  ...fields,
});

/** A store in memory that can be told to fail. */
export class FakeStore implements StoreApi {
  readonly stored = new Map<string, MessageRecord>();
  /** Heads that are not the newest messages, by conversation. */
  readonly heads = new Map<string, string>();
  readonly discarded = new Set<string>();
  readonly calls: string[] = [];
  /** The failure of the next call, if it is to fail. A failed call changes nothing. */
  failing: (call: keyof StoreApi) => EngineFailure | undefined = () => undefined;
  /** Every call waits for the promise that this returns. */
  slowness: () => Promise<void> = () => Promise.resolve();
  used: StorageUsage = {
    mode: { kind: "persistent" },
    kvBytes: 0,
    conversations: [],
    limitBytes: 1e9,
    quotaBytes: 1e10,
    originBytes: 0,
  };
  /** The levels that were chosen, by conversation; under the empty id, the level for all. */
  readonly qualities = new Map<string, QualityLevel>();
  tellPhase: (phase: DatabasePhase) => void = () => undefined;
  #nowMs = 0;

  subscribe(onPhase: (phase: DatabasePhase) => void): Promise<void> {
    this.tellPhase = onPhase;
    onPhase("current");
    return Promise.resolve();
  }

  letGo(): Promise<void> {
    this.calls.push("letGo");
    this.tellPhase("outdated");
    return Promise.resolve();
  }

  serveKv(): Promise<void> {
    this.calls.push("serveKv");
    return Promise.resolve();
  }

  usage(): Promise<Result<StorageUsage>> {
    return this.#call("usage", "", () => this.used);
  }

  setLimit(limitBytes: number | undefined): Promise<Result<void>> {
    return this.#call("setLimit", String(limitBytes), () => {
      this.used = { ...this.used, limitBytes: limitBytes ?? 1e9 };
    });
  }

  quality(): Promise<Result<QualityLevel>> {
    return this.#call("quality", "", () => this.qualities.get("") ?? DEFAULT_QUALITY);
  }

  setQuality(level: QualityLevel | undefined, conversationId = ""): Promise<Result<void>> {
    return this.#call("setQuality", `${String(level)} ${conversationId}`, () => {
      if (level === undefined) this.qualities.delete(conversationId);
      else this.qualities.set(conversationId, level);
    });
  }

  throttleReads(): Promise<Result<void>> {
    return this.#call("throttleReads", "", () => undefined);
  }

  takeRemovalNotice(): Promise<Result<boolean>> {
    return this.#call("takeRemovalNotice", "", () => false);
  }

  clearKv(): Promise<Result<void>> {
    return this.#call("clearKv", "", () => {
      this.used = { ...this.used, kvBytes: 0, conversations: [] };
    });
  }

  conversations(): Promise<Result<ConversationRecord[]>> {
    const all = new Set([...this.stored.values()].map(({ conversationId }) => conversationId));
    const ids = [...all].filter((id) => !this.discarded.has(id));
    const record = { title: "", createdAtMs: 0, updatedAtMs: 0, headId: null };
    return this.#call("conversations", "", () =>
      ids.map((id) => {
        const quality = this.qualities.get(id);
        return { id, ...record, ...(quality && { quality }) };
      }),
    );
  }

  messages(conversationId: string): Promise<Result<MessageRecord[]>> {
    return this.#call("messages", conversationId, () => {
      const all = [...this.stored.values()].filter((one) => one.conversationId === conversationId);
      const head = all.find(({ id }) => id === this.heads.get(conversationId));
      return head ? [...all.filter((one) => one !== head), head] : all;
    });
  }

  appendMessage(added: NewMessage): Promise<Result<MessageRecord>> {
    return this.#call("appendMessage", added.role, () => {
      const record = { ...added, createdAtMs: ++this.#nowMs };
      this.stored.set(added.id, record);
      this.heads.delete(added.conversationId);
      return record;
    });
  }

  updateMessage(id: string, change: MessageChange): Promise<Result<void>> {
    return this.#call("updateMessage", change.text ?? "", () => {
      const stored = this.stored.get(id);
      if (stored) this.stored.set(id, { ...stored, ...change });
    });
  }

  setHead(conversationId: string, headId: string): Promise<Result<void>> {
    return this.#call("setHead", headId, () => {
      this.heads.set(conversationId, headId);
    });
  }

  changeConversation(id: string, change: ConversationChange): Promise<Result<void>> {
    return this.#call("changeConversation", `${id} ${JSON.stringify(change)}`, () => undefined);
  }

  discardConversations(ids: readonly string[]): Promise<Result<void>> {
    return this.#call("discardConversations", ids.join(" "), () => {
      for (const id of ids) this.discarded.add(id);
    });
  }

  restoreConversations(ids: readonly string[]): Promise<Result<void>> {
    return this.#call("restoreConversations", ids.join(" "), () => {
      for (const id of ids) this.discarded.delete(id);
    });
  }

  copyConversation(id: string, title: string): Promise<Result<string | undefined>> {
    return this.#call("copyConversation", `${id} ${title}`, () => undefined);
  }

  search(query: string): Promise<Result<SearchHit[]>> {
    return this.#call("search", query, () => []);
  }

  deleteConversation(id: string): Promise<Result<void>> {
    return this.#call("deleteConversation", id, () => {
      for (const { id: messageId, conversationId } of this.stored.values())
        if (conversationId === id) this.stored.delete(messageId);
    });
  }

  withdrawMessage(conversationId: string, messageId: string): Promise<Result<void>> {
    return this.#call("withdrawMessage", messageId, () => {
      for (const { id, parentId } of this.stored.values())
        if (id === messageId || parentId === messageId) this.stored.delete(id);
      this.heads.delete(conversationId);
    });
  }

  forkConversation({ messageId, title }: ForkRequest): Promise<Result<string | null>> {
    return this.#call("forkConversation", `${messageId} ${title}`, () =>
      this.stored.has(messageId) ? "fork" : null,
    );
  }

  exportText(): Promise<Result<Blob>> {
    return this.#call("exportText", "", () => new Blob(["{}"]));
  }

  importText(file: Blob): Promise<Result<ImportSummary>> {
    return this.#call("importText", String(file.size), () => ({
      conversations: 1,
      messages: 2,
      unread: 0,
    }));
  }

  async #call<T>(call: keyof StoreApi, detail: string, work: () => T): Promise<Result<T>> {
    this.calls.push(`${call} ${detail}`);
    await this.slowness();
    const failure = this.failing(call);
    return failure ? fail(failure) : ok(structuredClone(work()));
  }
}
