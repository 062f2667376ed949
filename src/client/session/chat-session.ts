import type { ConversationSettings } from "../../protocol/conversation-settings.ts";
import type { Attachment, WholeMessage } from "../../protocol/attachments.ts";
import { fail, ok, type EngineFailure, type Result } from "../../protocol/errors.ts";
import type { ReplyModel, StoreApi } from "../../protocol/store-api.ts";
import { IDLE, type ChatState } from "../chat-state.ts";
import { Listeners } from "../listeners.ts";
import { newId } from "../new-id.ts";
import type { ConversationAccess, Hold } from "../tabs/conversation-access.ts";
import { newestLeaf } from "./message-path.ts";
import { Turn, type ChatEngine, type TurnRequest } from "./turn.ts";

export interface SendRequest extends Omit<TurnRequest, "exactContext"> {
  /** The message this one follows; null for a first one. To edit a message, name its parent. */
  parentId: string | null;
  text: string;
  /** Those of the conversation, which are stored with it if this message begins it. */
  settings?: ConversationSettings | undefined;
  /** Text files that are part of the message. */
  attachments?: readonly Attachment[] | undefined;
}

export interface RegenerateRequest extends TurnRequest {
  /** The reply to be given anew, or the user message to be answered. */
  messageId: string;
}

export interface ContinueRequest extends TurnRequest {
  /** The reply that was cut, and goes on. */
  messageId: string;
}

/** How a turn has ended: with an answer, by the person, or not as it should. */
export interface TurnEnd {
  conversationId: string;
  how: "answered" | "stopped" | "failed";
}

interface ChatSessionOptions {
  engine: ChatEngine;
  store: StoreApi;
  /** Says which conversations this tab may write. */
  access: Pick<ConversationAccess, "hold" | "stateOf">;
  /** Why no turn may begin now; undefined if one may. */
  refusal?: () => EngineFailure | undefined;
  /** The model that the engine has, which is stored with each reply; undefined while it has none. */
  model?: () => ReplyModel | undefined;
  /** Called when what is stored of the conversation changed. A turn counts as over only after this has resolved. */
  onStored?: (conversationId: string) => Promise<void> | void;
  /** Puts a message that can never be answered back to where it was written. Says whether all of it is kept there. */
  returnToDraft?: (conversationId: string, message: WholeMessage) => Promise<boolean>;
}

/** The page's turns, outside React. One turn runs at a time, whichever its conversation is. */
export class ChatSession {
  readonly #options: Required<ChatSessionOptions>;
  readonly #states = new Map<string, ChatState>();
  readonly #listeners = new Listeners();
  readonly #onEnds = new Set<(end: TurnEnd) => void>();
  #turn: Turn | undefined;
  #settled: Promise<void> = Promise.resolve();

  constructor(options: ChatSessionOptions) {
    this.#options = {
      refusal: () => undefined,
      model: () => undefined,
      onStored: () => undefined,
      returnToDraft: () => Promise.resolve(false),
      ...options,
    };
  }

  readonly stateOf = (conversationId: string): ChatState =>
    this.#states.get(conversationId) ?? IDLE;

  readonly subscribe = this.#listeners.subscribe;

  /** The conversation that is being answered in; undefined while no turn runs. */
  readonly answeringIn = (): string | undefined => this.#turn?.conversationId;

  /** Sends a message. Resolves once it is stored, or could not be; the reply appears in the state. */
  send(request: SendRequest): Promise<Result<void>> {
    const { text, attachments = [], parentId, settings, ...turnRequest } = request;
    const { conversationId } = turnRequest;
    const id = newId();
    const attached = attachments.length > 0 ? { attachments } : {};
    const question = { id, conversationId, parentId, role: "user", text, ...attached } as const;
    return this.#start(turnRequest, async (turn) => {
      turn.questionId = id;
      const stored = await this.#options.store.appendMessage({
        ...question,
        status: "complete",
        ...(settings && { settings }),
      });
      return stored.ok ? ok(undefined) : stored;
    });
  }

  /** Has a message answered anew. Resolves once the message to be answered is found, or could not be. */
  regenerate({ messageId, ...request }: RegenerateRequest): Promise<Result<void>> {
    return this.#start(request, async (turn) => {
      const messages = await this.#options.store.messages(request.conversationId);
      if (!messages.ok) return messages;
      const message = messages.value.find(({ id }) => id === messageId);
      const questionId = message?.role === "user" ? message.id : message?.parentId;
      if (!questionId) return fail({ code: "cancelled" });
      turn.questionId = questionId;
      return ok(undefined);
    });
  }

  /** Has a reply go on that was cut. Resolves once it is found, or could not be. */
  continueReply({ messageId, ...request }: ContinueRequest): Promise<Result<void>> {
    return this.#start(request, async (turn) => {
      const messages = await this.#options.store.messages(request.conversationId);
      if (!messages.ok) return messages;
      const cut = messages.value.find(({ id }) => id === messageId);
      if (cut?.role !== "assistant" || cut.parentId === null) return fail({ code: "cancelled" });
      turn.resume(cut);
      return ok(undefined);
    });
  }

  /** Calls `onEnd` after every turn, when nothing of it is stored any more. */
  onTurnEnd(onEnd: (end: TurnEnd) => void): () => void {
    this.#onEnds.add(onEnd);
    return () => this.#onEnds.delete(onEnd);
  }

  /**
   * Shows another version of a message, with what followed it last. Where a turn runs in the conversation, nothing
   * changes: its reply belongs to the branch that is shown.
   */
  async showVersion(conversationId: string, messageId: string): Promise<Result<void>> {
    if (this.#turn?.conversationId === conversationId) return fail({ code: "busy" });
    const { access, store, onStored } = this.#options;
    const hold = access.hold(conversationId);
    try {
      return await this.#asWriter(hold, async () => {
        const messages = await store.messages(conversationId);
        if (!messages.ok) return messages;
        const shown = await store.setHead(conversationId, newestLeaf(messages.value, messageId));
        if (shown.ok) await onStored(conversationId);
        return shown;
      });
    } finally {
      hold.release();
    }
  }

  /** Ends the turn within one token. The reply keeps the text that it has. */
  async stop(): Promise<void> {
    await this.#turn?.stop();
  }

  /** Resolves when the turn that runs now, if any, is over. */
  settled(): Promise<void> {
    return this.#settled;
  }

  /** Removes a failure that was read from the conversation's state. */
  dismiss(conversationId: string): void {
    if (this.stateOf(conversationId).phase === "failed") this.#setState(conversationId, IDLE);
  }

  /** Ends the conversation's turn, if it has one. Resolves when the turn stores nothing any more. */
  async halt(conversationId: string): Promise<void> {
    if (this.#turn?.conversationId !== conversationId) return;
    await this.stop();
    await this.#settled;
  }

  /** Ends the turn of a conversation that is to be deleted, and removes its state. */
  async forget(conversationId: string): Promise<void> {
    await this.halt(conversationId);
    this.#setState(conversationId, IDLE);
  }

  #start(request: TurnRequest, ask: (turn: Turn) => Promise<Result<void>>): Promise<Result<void>> {
    const refusal = this.#turn ? ({ code: "busy" } as const) : this.#options.refusal();
    if (refusal) return Promise.resolve(fail(refusal));
    const turn = new Turn(request, { ...this.#options, onReply: (turn) => this.#show(turn) });
    this.#turn = turn;
    const hold = this.#options.access.hold(turn.conversationId);
    const asked = this.#asWriter(hold, () => ask(turn));
    this.#settled = this.#run(turn, asked).finally(hold.release);
    return asked;
  }

  /** Where another tab writes the conversation, the turn is cancelled without a word: the page says it already. */
  async #asWriter(hold: Hold, ask: () => Promise<Result<void>>): Promise<Result<void>> {
    return (await hold.isWriter) ? ask() : fail({ code: "cancelled" });
  }

  async #run(turn: Turn, asked: Promise<Result<void>>): Promise<void> {
    let failure: EngineFailure | undefined;
    try {
      const question = await asked;
      const answered = question.ok ? await turn.answer() : question;
      if (!answered.ok && answered.failure.code !== "cancelled") failure = answered.failure;
      if (failure?.code === "prompt-too-long") await this.#withdraw(turn);
    } finally {
      const { conversationId, reply } = turn;
      this.#turn = undefined;
      this.#setState(
        conversationId,
        failure ? { phase: "failed", conversationId, reply, failure } : IDLE,
      );
      const how = failure ? "failed" : turn.isStopped ? "stopped" : "answered";
      for (const onEnd of this.#onEnds) onEnd({ conversationId, how });
    }
  }

  /**
   * Takes a question that can never be answered out of the conversation and back to where it was written, so that it can
   * be made shorter. It is kept there before it goes here. A question that has an answer stays.
   */
  async #withdraw({ conversationId, reply, isContinuation }: Turn): Promise<void> {
    const { store, returnToDraft, onStored } = this.#options;
    const { parentId } = reply;
    const messages = await store.messages(conversationId);
    if (!messages.ok || isContinuation) return;
    const question = messages.value.find(({ id }) => id === parentId);
    const isAnswered = messages.value.some((one) => one.parentId === parentId && one.text !== "");
    if (!question || isAnswered || !(await returnToDraft(conversationId, question))) return;
    await store.withdrawMessage(conversationId, parentId);
    await onStored(conversationId);
  }

  #show({ conversationId, reply }: Turn): void {
    this.#setState(conversationId, { phase: "answering", conversationId, reply });
  }

  #setState(conversationId: string, state: ChatState): void {
    if (state.phase === "idle") this.#states.delete(conversationId);
    else this.#states.set(conversationId, state);
    this.#listeners.notify();
  }
}
