import { Listeners } from "../listeners.ts";
import type {
  ChatMessage,
  EngineApi,
  GenerateRequest,
  RunId,
  SamplingOptions,
  TurnSummary,
} from "../../protocol/engine-api.ts";
import type { ComparedForm } from "../../protocol/measuring.ts";
import type { QualityLevel } from "../../protocol/quality.ts";
import type { RestorationScheme } from "../../protocol/restoration.ts";
import { fail, ok, type EngineFailure, type Result } from "../../protocol/errors.ts";
import type { MessageChange, StoreApi } from "../../protocol/store-api.ts";
import type { ConversationAccess, Hold } from "../tabs/conversation-access.ts";
import { IDLE, type ChatState, type Reply } from "../chat-state.ts";
import { pathTo, promptFor } from "./message-path.ts";
import { newId } from "../new-id.ts";
import { ReplyWriter } from "./reply-writer.ts";

export interface SendRequest {
  conversationId: string;
  /** The message this one follows; null for a first one. To edit a message, name its parent. */
  parentId: string | null;
  text: string;
  sampling?: SamplingOptions;
  quality?: QualityLevel;
  scheme?: RestorationScheme;
  storedAs?: ComparedForm;
}

export interface RegenerateRequest {
  conversationId: string;
  /** The reply to be given anew, or the user message to be answered. */
  messageId: string;
  sampling?: SamplingOptions;
  quality?: QualityLevel;
  scheme?: RestorationScheme;
  storedAs?: ComparedForm;
  /** Without any influence of messages that are out of view, which takes longer. */
  exactContext?: boolean;
}

/** What the engine is told besides the messages. */
type TurnOptions = Pick<
  GenerateRequest,
  "sampling" | "exactContext" | "quality" | "scheme" | "storedAs"
>;

export type ChatEngine = Pick<EngineApi, "generate" | "cancel">;

interface ChatSessionOptions {
  engine: ChatEngine;
  store: StoreApi;
  /** Which conversations this tab may write. */
  access: Pick<ConversationAccess, "hold" | "stateOf">;
  /** Why no turn may begin now; undefined if one may. */
  refusal?: () => EngineFailure | undefined;
  /** What is stored of the conversation changed. Awaited before a turn counts as over. */
  onStored?: (conversationId: string) => Promise<void> | void;
}

interface Turn {
  readonly runId: RunId;
  readonly conversationId: string;
  readonly options: TurnOptions;
  reply: Reply;
  stopped: boolean;
}

/** The page's turns, outside React. One at a time, whatever the conversation. */
export class ChatSession {
  readonly #engine: ChatSessionOptions["engine"];
  readonly #store: StoreApi;
  readonly #access: ChatSessionOptions["access"];
  readonly #refusal: NonNullable<ChatSessionOptions["refusal"]>;
  readonly #onStored: NonNullable<ChatSessionOptions["onStored"]>;
  readonly #states = new Map<string, ChatState>();
  readonly #listeners = new Listeners();
  #turn: Turn | undefined;
  #settled: Promise<void> = Promise.resolve();

  constructor(options: ChatSessionOptions) {
    this.#engine = options.engine;
    this.#store = options.store;
    this.#access = options.access;
    this.#refusal = options.refusal ?? (() => undefined);
    this.#onStored = options.onStored ?? (() => undefined);
  }

  readonly stateOf = (conversationId: string): ChatState =>
    this.#states.get(conversationId) ?? IDLE;

  readonly subscribe = this.#listeners.subscribe;

  /** The conversation that is being answered in. */
  readonly answeringIn = (): string | undefined => this.#turn?.conversationId;

  /** Resolves once the message is stored, or could not be; the reply follows in the state. */
  send({ text, parentId, ...request }: SendRequest): Promise<Result<void>> {
    const { conversationId } = request;
    const id = newId();
    const question = { id, conversationId, parentId, role: "user", text } as const;
    return this.#start(request, async (turn) => {
      this.#reply(turn, { parentId: id });
      const stored = await this.#store.appendMessage({ ...question, status: "complete" });
      return stored.ok ? ok(undefined) : stored;
    });
  }

  /** Resolves once the message to be answered is found, or could not be. */
  regenerate({ messageId, ...request }: RegenerateRequest): Promise<Result<void>> {
    return this.#start(request, async (turn) => {
      const messages = await this.#store.messages(request.conversationId);
      if (!messages.ok) return messages;
      const message = messages.value.find(({ id }) => id === messageId);
      const questionId = message?.role === "user" ? message.id : message?.parentId;
      if (!questionId) return fail({ code: "cancelled" });
      this.#reply(turn, { parentId: questionId });
      return ok(undefined);
    });
  }

  /** End the turn within one token; the reply keeps what it has. */
  async stop(): Promise<void> {
    if (!this.#turn) return;
    this.#turn.stopped = true;
    await this.#engine.cancel(this.#turn.runId);
  }

  /** Resolves when the turn that runs now, if any, is over. */
  settled(): Promise<void> {
    return this.#settled;
  }

  /** Put a failure away that was read. */
  dismiss(conversationId: string): void {
    if (this.stateOf(conversationId).phase === "failed") this.#setState(conversationId, IDLE);
  }

  /** End the conversation's turn, if it has one. Resolves when nothing is stored of it any more. */
  async halt(conversationId: string): Promise<void> {
    if (this.#turn?.conversationId !== conversationId) return;
    await this.stop();
    await this.#settled;
  }

  /** Before a conversation is deleted: end its turn, and put away what is left of it. */
  async forget(conversationId: string): Promise<void> {
    await this.halt(conversationId);
    this.#setState(conversationId, IDLE);
  }

  #start(
    { conversationId, ...options }: TurnOptions & { conversationId: string },
    ask: (turn: Turn) => Promise<Result<void>>,
  ): Promise<Result<void>> {
    const refusal = this.#turn ? ({ code: "busy" } as const) : this.#refusal();
    if (refusal) return Promise.resolve(fail(refusal));
    const reply = { messageId: newId(), parentId: "", text: "" };
    const runId = newId();
    const turn: Turn = { runId, conversationId, options, reply, stopped: false };
    this.#turn = turn;
    const hold = this.#access.hold(conversationId);
    const asked = this.#asWriter(hold, () => ask(turn));
    this.#settled = this.#run(turn, asked).finally(hold.release);
    return asked;
  }

  /** Refused, as cancelled, where another tab writes the conversation: its page says so. */
  async #asWriter(hold: Hold, ask: () => Promise<Result<void>>): Promise<Result<void>> {
    return (await hold.isWriter) ? ask() : fail({ code: "cancelled" });
  }

  async #run(turn: Turn, asked: Promise<Result<void>>): Promise<void> {
    let failure: EngineFailure | undefined;
    try {
      const question = await asked;
      const answered = question.ok ? await this.#answer(turn) : question;
      if (!answered.ok && answered.failure.code !== "cancelled") failure = answered.failure;
    } finally {
      const { conversationId, reply } = turn;
      this.#turn = undefined;
      this.#setState(
        conversationId,
        failure ? { phase: "failed", conversationId, reply, failure } : IDLE,
      );
    }
  }

  /** The question is stored. Every failure from here on leaves it there, to be answered again. */
  async #answer(turn: Turn): Promise<Result<void>> {
    const { conversationId } = turn;
    const { messageId: id, parentId } = turn.reply;
    void this.#onStored(conversationId);
    const messages = await this.#store.messages(conversationId);
    if (!messages.ok) return messages;
    // Another tab took the conversation meanwhile: what is added now would be beside its messages.
    if (this.#access.stateOf(conversationId).is !== "writer") return fail({ code: "cancelled" });
    const prompt = promptFor(pathTo(messages.value, parentId));
    const reply = { id, conversationId, parentId, role: "assistant", text: "" } as const;
    const begun = await this.#store.appendMessage({ ...reply, status: "streaming" });
    if (!begun.ok) return begun;
    void this.#onStored(conversationId);

    const summary = await this.#generate(turn, prompt);
    if (summary.ok) this.#reply(turn, { text: summary.value.text });
    const saved = await this.#save(id, finalChange(summary, turn.reply.text));
    await this.#onStored(conversationId);
    return summary.ok ? saved : summary;
  }

  async #generate(turn: Turn, messages: ChatMessage[]): Promise<Result<TurnSummary>> {
    const { runId, conversationId, options } = turn;
    // Stopped before there was anything to cancel.
    if (turn.stopped) return fail({ code: "cancelled" });
    const writer = new ReplyWriter((text) =>
      this.#store.updateMessage(turn.reply.messageId, { text }),
    );
    const request = { runId, conversationId, messages, ...options };
    let answered = false;
    const summary = await this.#engine.generate(request, ({ text }) => {
      // A dead worker's last words may be heard after its death.
      if (answered) return;
      this.#reply(turn, { text: turn.reply.text + text });
      writer.update(turn.reply.text);
    });
    answered = true;
    await writer.stop();
    return summary;
  }

  async #save(messageId: string, change: MessageChange): Promise<Result<void>> {
    const saved = await this.#store.updateMessage(messageId, change);
    const died = !saved.ok && saved.failure.code === "worker-died";
    // The next call has a new worker.
    return died ? this.#store.updateMessage(messageId, change) : saved;
  }

  #reply(turn: Turn, change: Partial<Reply>): void {
    turn.reply = { ...turn.reply, ...change };
    const { conversationId, reply } = turn;
    this.#setState(conversationId, { phase: "answering", conversationId, reply });
  }

  #setState(conversationId: string, state: ChatState): void {
    if (state.phase === "idle") this.#states.delete(conversationId);
    else this.#states.set(conversationId, state);
    this.#listeners.notify();
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
