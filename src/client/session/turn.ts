import type {
  EngineApi,
  GenerateRequest,
  ReplyDelta,
  TurnSummary,
} from "../../protocol/engine-api.ts";
import { fail, type Result } from "../../protocol/errors.ts";
import type {
  MessageChange,
  MessageRecord,
  ReplyModel,
  StoreApi,
} from "../../protocol/store-api.ts";
import { isTemporary } from "../../protocol/temporary-conversation.ts";
import { reasoningOf, type Reply } from "../chat-state.ts";
import { figuresOf } from "./reply-figures.ts";
import { newId } from "../new-id.ts";
import type { ConversationAccess } from "../tabs/conversation-access.ts";
import { begunAt, pathTo, promptFor } from "./message-path.ts";
import { ReplyWriter } from "./reply-writer.ts";

export type ChatEngine = Pick<EngineApi, "generate" | "cancel">;

/** What the engine is asked for, apart from the messages. */
export interface TurnRequest extends Omit<
  GenerateRequest,
  "runId" | "messages" | "begunAtMs" | "isTemporary"
> {
  /** What the model is told before the conversation. */
  systemPrompt?: string | undefined;
}

export interface TurnParts {
  engine: ChatEngine;
  store: StoreApi;
  access: Pick<ConversationAccess, "stateOf">;
  /** The model that the engine has; undefined while it has none. */
  model: () => ReplyModel | undefined;
  /** Called when what is stored of the conversation changed. A turn counts as over only after this has resolved. */
  onStored: (conversationId: string) => Promise<void> | void;
  /** Called when the reply has begun, and whenever it has grown. */
  onReply: (turn: Turn) => void;
}

/** One turn: a stored question, and the reply that is generated and stored after it, or goes on where it was cut. */
export class Turn {
  readonly conversationId: string;
  readonly #runId = newId();
  readonly #request: TurnRequest;
  readonly #parts: TurnParts;
  #reply: Reply = { messageId: newId(), parentId: "", text: "", reasoning: "" };
  readonly #thought = new ThinkingTime();
  /** The reply as it was cut, if this turn goes on with one. */
  #cut: MessageRecord | undefined;
  /** What has begun to write the reply. */
  #model: ReplyModel | undefined;
  #isStopped = false;

  constructor(request: TurnRequest, parts: TurnParts) {
    this.conversationId = request.conversationId;
    this.#request = request;
    this.#parts = parts;
  }

  /** The reply as far as it has come. */
  get reply(): Reply {
    return this.#reply;
  }

  /** The id of the user message that this turn answers. */
  set questionId(parentId: string) {
    this.#changeReply({ parentId });
  }

  /** Goes on with this reply, in place of beginning one. */
  resume(cut: MessageRecord): void {
    this.#cut = cut;
    const { id: messageId, parentId, text, reasoning = "", reasoningMs } = cut;
    this.#thought.goesOnAfter(reasoningMs, text !== "");
    this.#changeReply({ messageId, parentId: parentId ?? "", text, reasoning });
  }

  /** Whether the turn was ended by `stop`. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Whether the turn goes on with a reply that was there. */
  get isContinuation(): boolean {
    return this.#cut !== undefined;
  }

  /** Ends the turn within one token. The reply keeps the text that it has. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#parts.engine.cancel(this.#runId);
  }

  /** Answers the question, which is stored by now. After any failure it is still there, to be answered again. */
  async answer(): Promise<Result<void>> {
    const { conversationId } = this;
    const { store, access, onStored } = this.#parts;
    void onStored(conversationId);
    const messages = await store.messages(conversationId);
    if (!messages.ok) return messages;
    // Another tab has taken over the conversation meanwhile: a reply would begin a branch beside its messages.
    if (access.stateOf(conversationId).is !== "writer") return fail({ code: "cancelled" });
    const path = pathTo(messages.value, this.#reply.parentId);
    const begun = await (this.#cut ? this.#reopen() : this.#appendReply());
    if (!begun.ok) return begun;
    void onStored(conversationId);

    const summary = await this.#generate(path);
    const { text, reasoning = "" } = summary.ok ? summary.value : this.#reply;
    this.#changeReply({ text, reasoning, ...this.#thought.ended() });
    const saved = await this.#save({
      ...finalChange(summary, this.#reply),
      ...this.#byModel(summary.ok),
    });
    await onStored(conversationId);
    return summary.ok ? saved : summary;
  }

  #appendReply(): ReturnType<StoreApi["appendMessage"]> {
    const { messageId: id, parentId } = this.#reply;
    const reply = { id, conversationId: this.conversationId, parentId, text: "" };
    return this.#parts.store.appendMessage({ ...reply, role: "assistant", status: "streaming" });
  }

  #reopen(): Promise<Result<void>> {
    return this.#parts.store.updateMessage(this.#reply.messageId, { status: "streaming" });
  }

  async #generate(path: readonly MessageRecord[]): Promise<Result<TurnSummary>> {
    // The turn was stopped before the engine had anything to cancel.
    if (this.#isStopped) return fail({ code: "cancelled" });
    const { engine, store } = this.#parts;
    const writer = new ReplyWriter((parts: MessageChange) =>
      store.updateMessage(this.#reply.messageId, parts),
    );
    let isAnswered = false;
    const { systemPrompt, ...asked } = this.#request;
    const messages = promptFor(path, { cut: this.#cut, systemPrompt });
    const sent = { messages, begunAtMs: begunAt(path), ...terms(this.conversationId) };
    const request = { ...asked, runId: this.#runId, ...sent };
    const summary = await engine.generate(request, (delta) => {
      // What a worker sent just before its death may arrive after the call was answered by that death.
      if (isAnswered) return;
      this.#grow(delta);
      writer.update({ text: this.#reply.text, ...reasoningOf(this.#reply), ...this.#byModel() });
    });
    isAnswered = true;
    await writer.stop();
    return summary;
  }

  /** The field that names the model: the one that wrote first, whichever the engine has by now. */
  #byModel(isWritten = true): Pick<MessageChange, "model"> {
    if (isWritten) this.#model ??= this.#parts.model();
    return this.#model ? { model: this.#model } : {};
  }

  #grow({ reasoning = "", text }: ReplyDelta): void {
    const before = this.#reply;
    if (reasoning !== "") this.#thought.goesOn();
    const ended = text === "" ? undefined : this.#thought.ended();
    const grown = { reasoning: before.reasoning + reasoning, text: before.text + text };
    this.#changeReply({ ...grown, ...ended });
  }

  async #save(change: MessageChange): Promise<Result<void>> {
    const { store } = this.#parts;
    const { messageId } = this.#reply;
    const saved = await store.updateMessage(messageId, change);
    const died = !saved.ok && saved.failure.code === "worker-died";
    // The next call goes to a new worker.
    return died ? store.updateMessage(messageId, change) : saved;
  }

  #changeReply(change: Partial<Reply>): void {
    this.#reply = { ...this.#reply, ...change };
    this.#parts.onReply(this);
  }
}

/** Of a temporary conversation, the engine keeps nothing. */
const terms = (conversationId: string): Pick<GenerateRequest, "isTemporary"> =>
  isTemporary(conversationId) ? { isTemporary: true } : {};

/** How the reply is stored in the end. A reply that was stopped or failed keeps what it has. */
function finalChange(summary: Result<TurnSummary>, reply: Reply): MessageChange {
  const parts = { text: reply.text, ...reasoningOf(reply) };
  if (!summary.ok) {
    const stopped = summary.failure.code === "cancelled";
    return stopped
      ? { ...parts, status: "stopped", finishReason: "cancelled" }
      : { ...parts, status: "failed" };
  }
  const { tokens, finishReason, context, rereading } = summary.value;
  const status = finishReason === "cancelled" ? "stopped" : "complete";
  const figures = figuresOf(summary.value);
  const details = { ...(tokens && { tokens }), ...(rereading && { rereading }), ...figures };
  return { ...parts, status, finishReason, context, ...details };
}

/** Measures how long a reply's reasoning takes, as the reader sees it. */
class ThinkingTime {
  #startedAtMs: number | undefined;
  #reasoningMs: number | undefined;

  /** A reply goes on that had thought for so long. @param isOver whether it had begun to answer */
  goesOnAfter(reasoningMs: number | undefined, isOver: boolean): void {
    if (reasoningMs === undefined) return;
    if (isOver) this.#reasoningMs = reasoningMs;
    this.#startedAtMs = performance.now() - reasoningMs;
  }

  goesOn(): void {
    this.#startedAtMs ??= performance.now();
  }

  /** Whatever comes later does not count. Empty if there was no reasoning. */
  ended(): Pick<Reply, "reasoningMs"> {
    if (this.#startedAtMs === undefined) return {};
    this.#reasoningMs ??= Math.round(performance.now() - this.#startedAtMs);
    return { reasoningMs: this.#reasoningMs };
  }
}
