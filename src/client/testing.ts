import { expect, vi } from "vitest";
import type {
  EngineApi,
  GenerateRequest,
  ReplyDelta,
  RunId,
  TurnSummary,
} from "../protocol/engine-api.ts";
import { fail, ok, type EngineFailure, type Result } from "../protocol/errors.ts";
import type {
  ConversationRecord,
  DatabasePhase,
  MessageChange,
  MessageRecord,
  NewMessage,
  StorageUsage,
  StoreApi,
} from "../protocol/store-api.ts";
import { DEFAULT_QUALITY, type QualityLevel } from "../protocol/quality.ts";
import { createChatTab } from "./session/chat-tab.ts";
import { openTabChannel } from "./tabs/tab-channel.ts";

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
  readonly calls: string[] = [];
  /** The failure of the next call, if it is to fail. A failed call changes nothing. */
  failing: (call: keyof StoreApi) => EngineFailure | undefined = () => undefined;
  /** Awaited in every write. */
  slowness: () => Promise<void> = () => Promise.resolve();
  used: StorageUsage = {
    mode: { kind: "persistent" },
    kvBytes: 0,
    conversations: [],
    limitBytes: 1e9,
    quotaBytes: 1e10,
    originBytes: 0,
  };
  /** Chosen for a conversation; under the empty id, for all. */
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

  clearKv(): Promise<Result<void>> {
    return this.#call("clearKv", "", () => {
      this.used = { ...this.used, kvBytes: 0, conversations: [] };
    });
  }

  conversations(): Promise<Result<ConversationRecord[]>> {
    const ids = new Set([...this.stored.values()].map(({ conversationId }) => conversationId));
    const record = { title: "", createdAtMs: 0, updatedAtMs: 0, headId: null };
    return this.#call("conversations", "", () =>
      [...ids].map((id) => {
        const quality = this.qualities.get(id);
        return { id, ...record, ...(quality && { quality }) };
      }),
    );
  }

  messages(conversationId: string): Promise<Result<MessageRecord[]>> {
    return this.#call("messages", conversationId, () =>
      [...this.stored.values()].filter((stored) => stored.conversationId === conversationId),
    );
  }

  appendMessage(added: NewMessage): Promise<Result<MessageRecord>> {
    return this.#call("appendMessage", added.role, () => {
      const record = { ...added, createdAtMs: ++this.#nowMs };
      this.stored.set(added.id, record);
      return record;
    });
  }

  updateMessage(id: string, change: MessageChange): Promise<Result<void>> {
    return this.#call("updateMessage", change.text ?? "", () => {
      const stored = this.stored.get(id);
      if (stored) this.stored.set(id, { ...stored, ...change });
    });
  }

  deleteConversation(id: string): Promise<Result<void>> {
    return this.#call("deleteConversation", id, () => {
      for (const { id: messageId, conversationId } of this.stored.values())
        if (conversationId === id) this.stored.delete(messageId);
    });
  }

  async #call<T>(call: keyof StoreApi, detail: string, work: () => T): Promise<Result<T>> {
    this.calls.push(`${call} ${detail}`);
    await this.slowness();
    const failure = this.failing(call);
    return failure ? fail(failure) : ok(structuredClone(work()));
  }
}

export const summary = (text: string, fields: Partial<TurnSummary> = {}): TurnSummary => ({
  finishReason: "stop",
  text,
  promptTokens: 3,
  prefilledTokens: 3,
  generatedTokens: 2,
  context: { droppedMessages: 0, approximate: false },
  ...fields,
});

/** An engine whose replies the test speaks itself. */
export class FakeEngine implements Pick<EngineApi, "generate" | "cancel"> {
  readonly requests: GenerateRequest[] = [];
  readonly cancelled: RunId[] = [];
  #text = "";
  #onDelta: ((delta: ReplyDelta) => void | Promise<void>) | undefined;
  #answer: ((result: Result<TurnSummary>) => void) | undefined;
  #called: (() => void) | undefined;

  generate(
    request: GenerateRequest,
    onDelta: (delta: ReplyDelta) => void | Promise<void>,
  ): Promise<Result<TurnSummary>> {
    this.requests.push(request);
    this.#text = "";
    this.#onDelta = onDelta;
    const answer = new Promise<Result<TurnSummary>>((resolve) => (this.#answer = resolve));
    this.#called?.();
    return answer;
  }

  cancel(runId: RunId): Promise<void> {
    this.cancelled.push(runId);
    if (this.requests.at(-1)?.runId === runId) this.finish({ finishReason: "cancelled" });
    return Promise.resolve();
  }

  /** Resolves when `generate` is called. */
  asked(): Promise<void> {
    return new Promise((resolve) => (this.#called = resolve));
  }

  say(text: string): void {
    this.#text += text;
    void this.#onDelta?.({ text });
  }

  finish(fields: Partial<TurnSummary> = {}): void {
    this.#answer?.(ok(summary(this.#text, fields)));
  }

  fail(failure: EngineFailure): void {
    this.#answer?.(fail(failure));
  }
}

/** The first message of a conversation. */
export const HI = { conversationId: "c", parentId: null, text: "Hi" };

export function openSession() {
  const engine = new FakeEngine();
  const store = new FakeStore();
  const onStored = vi.fn(() => Promise.resolve());
  const channel = openTabChannel(() => undefined);
  const refresh = onStored;
  const { session } = createChatTab({ engine, store, channel, locks: undefined, refresh });
  const messages = () => [...store.stored.values()];
  const state = () => session.stateOf("c");
  return { engine, store, onStored, session, messages, state };
}

/** A session whose engine was asked and has not answered yet. */
export async function askSession() {
  const opened = openSession();
  const asked = opened.engine.asked();
  expect(await opened.session.send(HI)).toEqual(ok(undefined));
  await asked;
  return opened;
}

/** Mulberry32: numbers in [0, 1), the same for the same seed. */
export function random(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
