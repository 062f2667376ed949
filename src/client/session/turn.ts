import type {
  ChatMessage,
  EngineApi,
  GenerateRequest,
  TurnSummary,
} from "../../protocol/engine-api.ts";
import { fail, type Result } from "../../protocol/errors.ts";
import type { MessageChange, StoreApi } from "../../protocol/store-api.ts";
import type { Reply } from "../chat-state.ts";
import { newId } from "../new-id.ts";
import type { ConversationAccess } from "../tabs/conversation-access.ts";
import { pathTo, promptFor } from "./message-path.ts";
import { ReplyWriter } from "./reply-writer.ts";

export type ChatEngine = Pick<EngineApi, "generate" | "cancel">;

/** What the engine is asked for, apart from the messages. */
export type TurnRequest = Omit<GenerateRequest, "runId" | "messages">;

export interface TurnParts {
  engine: ChatEngine;
  store: StoreApi;
  access: Pick<ConversationAccess, "stateOf">;
  /** Called when what is stored of the conversation changed. A turn counts as over only after this has resolved. */
  onStored: (conversationId: string) => Promise<void> | void;
  /** Called when the reply has begun, and whenever it has grown. */
  onReply: (turn: Turn) => void;
}

/** One turn: a stored question, and the reply that is generated and stored after it. */
export class Turn {
  readonly conversationId: string;
  readonly #runId = newId();
  readonly #request: TurnRequest;
  readonly #parts: TurnParts;
  #reply: Reply = { messageId: newId(), parentId: "", text: "" };
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
    const prompt = promptFor(pathTo(messages.value, this.#reply.parentId));
    const begun = await this.#appendReply();
    if (!begun.ok) return begun;
    void onStored(conversationId);

    const summary = await this.#generate(prompt);
    if (summary.ok) this.#changeReply({ text: summary.value.text });
    const saved = await this.#save(finalChange(summary, this.#reply.text));
    await onStored(conversationId);
    return summary.ok ? saved : summary;
  }

  #appendReply(): ReturnType<StoreApi["appendMessage"]> {
    const { messageId: id, parentId } = this.#reply;
    const reply = { id, conversationId: this.conversationId, parentId, text: "" };
    return this.#parts.store.appendMessage({ ...reply, role: "assistant", status: "streaming" });
  }

  async #generate(messages: ChatMessage[]): Promise<Result<TurnSummary>> {
    // The turn was stopped before the engine had anything to cancel.
    if (this.#isStopped) return fail({ code: "cancelled" });
    const { engine, store } = this.#parts;
    const writer = new ReplyWriter((text) => store.updateMessage(this.#reply.messageId, { text }));
    let isAnswered = false;
    const request = { ...this.#request, runId: this.#runId, messages };
    const summary = await engine.generate(request, ({ text }) => {
      // What a worker sent just before its death may arrive after the call was answered by that death.
      if (isAnswered) return;
      this.#changeReply({ text: this.#reply.text + text });
      writer.update(this.#reply.text);
    });
    isAnswered = true;
    await writer.stop();
    return summary;
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

/** How the reply is stored in the end. A reply that was stopped or failed keeps what it has. */
function finalChange(summary: Result<TurnSummary>, textSoFar: string): MessageChange {
  if (!summary.ok) {
    const stopped = summary.failure.code === "cancelled";
    return stopped
      ? { text: textSoFar, status: "stopped", finishReason: "cancelled" }
      : { text: textSoFar, status: "failed" };
  }
  const { text, tokens, finishReason, context } = summary.value;
  const status = finishReason === "cancelled" ? "stopped" : "complete";
  return { text, status, finishReason, context, ...(tokens && { tokens }) };
}
