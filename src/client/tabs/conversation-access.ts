import { Listeners } from "../listeners.ts";
import { ConversationLock, type Access, type Locks } from "./conversation-lock.ts";
import type { TabChannel, TabMessage } from "./tab-channel.ts";

/** How long the writer is given to end its turn in order before the conversation is taken from it. */
const YIELD_WAIT_MS = 3000;

/** A claim of one part of this tab to write a conversation. */
export interface Hold {
  /** Whether this tab is the writer, once that is known. */
  isWriter: Promise<boolean>;
  release: () => void;
}

interface ConversationAccessOptions {
  channel: TabChannel;
  locks: Locks | undefined;
  /** Called before this tab becomes the writer, which waits for the promise: what another tab wrote is read first. */
  onGain: (conversationId: string, wasFollower: boolean) => Promise<void>;
  /** Called when this tab has stopped being the writer. Resolves when it writes nothing any more. */
  onLose: (conversationId: string) => Promise<void>;
}

interface Claim {
  lock: ConversationLock;
  holds: number;
  takeOver: Promise<void> | undefined;
}

const UNKNOWN: Access = { is: "unknown" };

const lockName = (conversationId: string) => `rekindle.conversation.${conversationId}`;

/**
 * Decides which conversations this tab writes. Each is written by one tab at a time, the one that has the Web Lock of
 * the conversation.
 *
 * A conversation is held as soon as it is shown, not from the first message on. So it is clear while a message is
 * typed whether it can be sent, and only one tab spends its graphics memory on restoring the KV.
 */
export class ConversationAccess {
  readonly #options: ConversationAccessOptions;
  readonly #claims = new Map<string, Claim>();
  readonly #listeners = new Listeners();

  constructor(options: ConversationAccessOptions) {
    this.#options = options;
    options.channel.listen((message) => void this.#hear(message));
  }

  readonly subscribe = this.#listeners.subscribe;

  readonly stateOf = (conversationId: string): Access =>
    this.#claims.get(conversationId)?.lock.access ?? UNKNOWN;

  /** Whether another tab writes the conversation. Asking is no claim to write it. */
  async isWrittenElsewhere(conversationId: string): Promise<boolean> {
    const claim = this.#claims.get(conversationId);
    if (claim) return claim.lock.access.is === "follower";
    try {
      const locks = await this.#options.locks?.query();
      return locks?.held?.some(({ name }) => name === lockName(conversationId)) ?? false;
    } catch {
      // Browsers that block storage refuse locks too. Then this tab is taken for the only one.
      return false;
    }
  }

  /** Claims the conversation. Its lock is released when every hold on it is. */
  hold(conversationId: string): Hold {
    const claim = this.#claims.get(conversationId) ?? this.#claim(conversationId);
    claim.holds++;
    claim.lock.resume();
    let isReleased = false;
    const release = () => {
      if (isReleased) return;
      isReleased = true;
      if (--claim.holds === 0) claim.lock.end();
    };
    return { isWriter: claim.lock.isWriter(), release };
  }

  /**
   * Has the tab that writes a held conversation leave it to this one: in order, or, if that tab does not answer, by
   * stealing its lock. This tab becomes the writer soon after.
   */
  async takeOver(conversationId: string): Promise<void> {
    const claim = this.#claims.get(conversationId);
    if (claim?.lock.access.is !== "follower") return;
    claim.takeOver ??= this.#takeOver(claim.lock, conversationId).finally(() => {
      claim.takeOver = undefined;
    });
    await claim.takeOver;
  }

  async #takeOver(lock: ConversationLock, conversationId: string): Promise<void> {
    lock.announceTakeOver();
    await this.#askToYield(conversationId);
    lock.steal();
  }

  #claim(conversationId: string): Claim {
    const { locks, onGain, onLose } = this.#options;
    const lock = new ConversationLock({
      name: lockName(conversationId),
      locks,
      onChange: () => this.#listeners.notify(),
      onGain: (wasFollower) => onGain(conversationId, wasFollower),
      onLose: () => onLose(conversationId),
      onEnd: () => this.#claims.delete(conversationId),
    });
    const claim: Claim = { lock, holds: 0, takeOver: undefined };
    this.#claims.set(conversationId, claim);
    void lock.run();
    return claim;
  }

  #askToYield(conversationId: string): Promise<void> {
    const { channel } = this.#options;
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        stopListening();
        resolve();
      };
      const timer = setTimeout(end, YIELD_WAIT_MS);
      const stopListening = channel.listen((message) => {
        if (message.type === "yielded" && message.conversationId === conversationId) end();
      });
      channel.post({ type: "yield", conversationId });
    });
  }

  async #hear(message: TabMessage): Promise<void> {
    if (message.type !== "yield") return;
    const { conversationId } = message;
    const lock = this.#claims.get(conversationId)?.lock;
    if (lock?.access.is !== "writer") return;
    try {
      await lock.yield();
    } finally {
      this.#options.channel.post({ type: "yielded", conversationId });
    }
  }
}
