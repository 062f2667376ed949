import { fail } from "../../protocol/errors.ts";
import type { StoreApi } from "../../protocol/store-api.ts";
import { Listeners } from "../listeners.ts";
import { newId } from "../new-id.ts";
import type { ChatSession, TurnEnd } from "./chat-session.ts";
import {
  keepQueue,
  queuedConversations,
  readQueue,
  type KeptMessage,
  type QueuedFiles,
} from "./kept-queue.ts";
import { forgetQueuedFiles, readQueuedFiles } from "./queued-files.ts";
import type { TurnRequest } from "./turn.ts";

/** A message that waits until the model is free. */
export interface QueuedMessage extends KeptMessage {
  id: string;
  /** It waits for the person, too: the answer before it was stopped or failed, or the page was loaded anew. */
  isHeld: boolean;
}

/** How a message is to be sent, as it was asked for when it was queued. */
type Terms = Omit<TurnRequest, "conversationId">;

interface SendQueueOptions {
  session: Pick<ChatSession, "send" | "answeringIn" | "subscribe" | "onTurnEnd">;
  store: Pick<StoreApi, "messages">;
}

const NOTHING: readonly QueuedMessage[] = [];

/** What cannot be read now is not sent. */
const UNREADABLE = fail({ code: "store-unavailable", message: "the files are gone" });

/** The files of a message; undefined if they are gone. */
const filesOf = async ({ files }: { files?: QueuedFiles | undefined }) =>
  files ? readQueuedFiles(files) : [];

/**
 * Messages that were sent while the model was answering.
 *
 * SQ1 They are sent one by one, oldest first, once no turn runs, in this conversation or in another.
 * SQ2 After an answer that was stopped or failed, those of its conversation are held until the person wants them sent.
 * SQ3 They are kept across a reload, and are held after it: nothing is sent that the person may have forgotten.
 * SQ4 One that could not be stored is held, and so is one whose files are gone. It leaves the queue only when it is stored,
 *     edited or removed.
 */
export class SendQueue {
  readonly #options: SendQueueOptions;
  readonly #listeners = new Listeners();
  readonly #queues = new Map<string, readonly QueuedMessage[]>();
  readonly #terms = new Map<string, Terms>();
  #isSending = false;

  constructor(options: SendQueueOptions) {
    this.#options = options;
    options.session.onTurnEnd(this.#turnEnded);
  }

  readonly subscribe = this.#listeners.subscribe;

  /** The queued messages of a conversation, oldest first. The array stays the same until they change. */
  readonly of = (conversationId: string): readonly QueuedMessage[] => {
    const known = this.#queues.get(conversationId);
    if (known) return known;
    // SQ3
    const kept = readQueue(conversationId).map((one) => ({ ...one, id: newId(), isHeld: true }));
    const queue = kept.length === 0 ? NOTHING : kept;
    this.#queues.set(conversationId, queue);
    return queue;
  };

  /** Queues a message. False if it could not be kept, and then it is not queued either. */
  add({ conversationId, text, files, ...terms }: TurnRequest & KeptMessage): boolean {
    const id = newId();
    const queue = [...this.of(conversationId), { id, text, files, isHeld: false }];
    if (!keepQueue(conversationId, queue)) return false;
    this.#terms.set(id, terms);
    this.#become(conversationId, queue);
    void this.#sendNext();
    return true;
  }

  /** Takes a message out of the queue. Its files are kept as long as nobody forgets them. */
  take(conversationId: string, id: string): QueuedMessage | undefined {
    const taken = this.of(conversationId).find((one) => one.id === id);
    if (taken) this.#change(conversationId, (queue) => queue.filter((one) => one.id !== id));
    return taken;
  }

  /** Takes a message out of the queue, with its files. */
  remove(conversationId: string, id: string): void {
    const taken = this.take(conversationId, id);
    if (taken?.files) forgetQueuedFiles(taken.files);
  }

  /** SQ2: the person wants the messages of a conversation to be sent. */
  release({ conversationId, ...terms }: TurnRequest): void {
    for (const { id } of this.of(conversationId))
      if (!this.#terms.has(id)) this.#terms.set(id, terms);
    this.#change(conversationId, (queue) => queue.map((one) => ({ ...one, isHeld: false })));
    void this.#sendNext();
  }

  /** Messages that are kept for conversations of which nothing is stored, so that nobody comes by them. They are removed. */
  takeOrphans(storedIds: ReadonlySet<string>): QueuedMessage[] {
    const orphans = queuedConversations().filter((id) => !storedIds.has(id));
    return orphans.flatMap((conversationId) =>
      this.of(conversationId)
        .filter(({ isHeld }) => isHeld)
        .flatMap(({ id }) => this.take(conversationId, id) ?? []),
    );
  }

  /** Another tab has sent or removed messages. Those that this tab is to send are known here only. */
  readonly readAgain = (): void => {
    for (const [conversationId, queue] of this.#queues)
      if (queue.every(({ isHeld }) => isHeld)) this.#queues.delete(conversationId);
    this.#listeners.notify();
  };

  readonly #turnEnded = ({ conversationId, how }: TurnEnd): void => {
    // SQ2
    if (how !== "answered") this.#hold(conversationId);
    void this.#sendNext();
  };

  #hold(conversationId: string): void {
    this.#change(conversationId, (queue) => queue.map((one) => ({ ...one, isHeld: true })));
  }

  /** SQ1 and SQ4. */
  async #sendNext(): Promise<void> {
    const { session, store } = this.#options;
    if (this.#isSending || session.answeringIn() !== undefined) return;
    for (const [conversationId, queue] of this.#queues) {
      const next = queue.find(({ isHeld }) => !isHeld);
      const terms = next && this.#terms.get(next.id);
      if (!next || !terms) continue;
      this.#isSending = true;
      const messages = await store.messages(conversationId);
      const parentId = messages.ok ? (messages.value.at(-1)?.id ?? null) : null;
      const attachments = await filesOf(next);
      const request = { conversationId, ...terms, parentId, text: next.text, attachments };
      const sent = messages.ok && attachments ? await session.send(request) : UNREADABLE;
      this.#isSending = false;
      if (sent.ok) this.remove(conversationId, next.id);
      // A turn that the person began meanwhile is waited for.
      else if (sent.failure.code !== "busy") this.#hold(conversationId);
      return;
    }
  }

  #change(
    conversationId: string,
    change: (queue: readonly QueuedMessage[]) => readonly QueuedMessage[],
  ): void {
    const before = this.of(conversationId);
    if (before.length === 0) return;
    const queue = change(before);
    keepQueue(conversationId, queue);
    this.#become(conversationId, queue);
  }

  #become(conversationId: string, queue: readonly QueuedMessage[]): void {
    this.#queues.set(conversationId, queue.length === 0 ? NOTHING : queue);
    this.#listeners.notify();
  }
}
