import type { ChatMessage, OpenRequest, RunId } from "../protocol/engine-api.ts";
import { EngineError } from "../shared/engine-error.ts";
import { Handover } from "./restore/handover.ts";

/** What a restoration has to heed while it runs. */
export interface OpeningTerms {
  /** Nothing of the conversation is wanted any more. */
  abandoned: AbortSignal;
  /** A turn of the same conversation takes over. */
  handover: Handover;
}

type Open<Summary> = (terms: OpeningTerms) => Promise<Summary>;

/** A turn, from its request to its answer. */
interface Turn {
  id: RunId;
  abort: AbortController;
  done: Promise<void>;
}

/** A restoration under way. */
interface Opening<Summary> {
  request: OpenRequest;
  opened: Promise<Summary>;
  abandon: AbortController;
  handover: Handover;
  /** Settles when it no longer touches the model. Never rejects. */
  done: Promise<void>;
}

/**
 * The rule that one turn or one restoration uses the model at a time:
 *
 * OR1 While a turn runs, another turn or an opening is refused as `busy`.
 * OR2 A restoration gives way to the opening of another conversation, which begins when it has ended. The same
 *     request again goes on with it, unless it was abandoned and only comes to its end.
 * OR3 A prefetch begins only when nothing runs, and is `cancelled` otherwise.
 * OR4 A turn takes over from a restoration: one of its own conversation hands over what it has brought, any
 *     other is abandoned. The turn goes on when the restoration no longer touches the model.
 */
export class OneRunAtATime<Summary> {
  #turn: Turn | undefined;
  #opening: Opening<Summary> | undefined;

  get hasTurn(): boolean {
    return this.#turn !== undefined;
  }

  /** OR1: `work` is one turn. The signal is aborted when it is cancelled. @throws EngineError `busy` */
  async runTurn<T>(id: RunId, work: (cancelled: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#turn) throw new EngineError({ code: "busy" });
    const abort = new AbortController();
    let end: () => void = ignore;
    this.#turn = { id, abort, done: new Promise((resolve) => (end = resolve)) };
    try {
      return await work(abort.signal);
    } finally {
      this.#turn = undefined;
      end();
    }
  }

  /** OR4: resolves when no restoration touches the model. */
  async takeOver(conversationId: string, messages: readonly ChatMessage[]): Promise<void> {
    const opening = this.#opening;
    if (opening?.request.conversationId === conversationId) opening.handover.take(messages);
    else opening?.abandon.abort();
    await opening?.done;
  }

  /** OR1 and OR2. @throws EngineError `busy` */
  async open(request: OpenRequest, open: Open<Summary>): Promise<Summary> {
    if (this.#turn) throw new EngineError({ code: "busy" });
    const before = this.#opening;
    const isWanted = before && !before.abandon.signal.aborted;
    if (isWanted && isSameRequest(before.request, request)) return before.opened;
    before?.abandon.abort();
    return this.#begin(request, open, before?.done);
  }

  /** OR3. @throws EngineError `cancelled` */
  async prefetch(request: OpenRequest, open: Open<Summary>): Promise<Summary> {
    if (this.#turn || this.#opening) throw new EngineError({ code: "cancelled" });
    return this.#begin(request, open, undefined);
  }

  cancel(id: RunId): void {
    if (this.#turn?.id === id) this.#turn.abort.abort();
  }

  /** The model is about to go: whatever runs on it has to end. Resolves when it has. */
  async abort(): Promise<void> {
    const [turn, opening] = [this.#turn, this.#opening];
    turn?.abort.abort();
    opening?.abandon.abort();
    // What begins from now on is not waited for: it waits for the next model.
    await Promise.all([turn?.done, opening?.done]);
  }

  /** The device is gone: nothing can be restored onto it. A turn decides by itself whether it goes on. */
  abandonOpening(): void {
    this.#opening?.abandon.abort();
  }

  /** Resolves when the turn that runs has come to its end, and a restoration was abandoned. */
  async end(): Promise<void> {
    await this.#turn?.done;
    this.#opening?.abandon.abort();
    await this.#opening?.done;
  }

  #begin(
    request: OpenRequest,
    open: Open<Summary>,
    before: Promise<void> | undefined,
  ): Promise<Summary> {
    const abandon = new AbortController();
    const handover = new Handover();
    const run = async () => {
      await before;
      return open({ abandoned: abandon.signal, handover });
    };
    const opened = run();
    const done = opened.then(ignore, ignore);
    const opening = { request, opened, abandon, handover, done };
    this.#opening = opening;
    void done.then(() => {
      if (this.#opening === opening) this.#opening = undefined;
    });
    return opened;
  }
}

const ignore = () => undefined;

const isSameRequest = (one: OpenRequest, other: OpenRequest): boolean =>
  JSON.stringify(one) === JSON.stringify(other);
