/** Who writes a conversation, seen from this tab. */
export type Access =
  | { is: "unknown" }
  /** This tab, and only this one. */
  | { is: "writer" }
  /** Another tab; `takingOver` while it is asked to leave the conversation to this one. */
  | { is: "follower"; takingOver: boolean };

export type Locks = Pick<LockManager, "request" | "query">;

interface ConversationLockOptions {
  name: string;
  /** Without them this tab is taken for the only one. */
  locks: Locks | undefined;
  onChange: () => void;
  /** This tab is about to become the writer. Awaited: what another tab wrote is to be read first. */
  onGain: (wasFollower: boolean) => Promise<void>;
  /** This tab is the writer no more. Resolves when it writes nothing any more. */
  onLose: () => Promise<void>;
  /** Let go, and not wanted again meanwhile. */
  onEnd: () => void;
}

/** How the lock is asked for: if no tab has it, after the tabs that want it too, or before all others. */
type Way = "if-free" | "in-line" | "steal";

const UNKNOWN: Access = { is: "unknown" };
const WRITER: Access = { is: "writer" };
const FOLLOWER: Access = { is: "follower", takingOver: false };

/**
 * One conversation's Web Lock, wanted by this tab until `end()`.
 *
 * A tab that finds it taken follows, and stands in line: when the writer leaves or dies, it is next.
 */
export class ConversationLock {
  #access: Access = UNKNOWN;
  #way: Way = "if-free";
  #isEnded = false;
  #letGo: () => void = () => undefined;
  #waiting: ((isWriter: boolean) => void)[] = [];
  readonly #options: ConversationLockOptions;

  constructor(options: ConversationLockOptions) {
    this.#options = options;
  }

  get access(): Access {
    return this.#access;
  }

  /** Resolves, once that is known, with whether this tab is the writer. */
  isWriter(): Promise<boolean> {
    if (this.#access.is !== "unknown") return Promise.resolve(this.#access.is === "writer");
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Want the lock until `end()`. */
  async run(): Promise<void> {
    while (!this.#isEnded) await this.#requestOnce();
    this.#options.onEnd();
  }

  /** Let go. */
  end(): void {
    this.#isEnded = true;
    this.#way = "if-free";
    this.#set(UNKNOWN);
    this.#letGo();
  }

  /** Wanted after all: takes an `end()` back that has not come to its end yet. */
  resume(): void {
    this.#isEnded = false;
  }

  /** Leave the writing to whoever asked for it. Resolves when this tab writes nothing any more. */
  async yield(): Promise<void> {
    if (this.#access.is !== "writer") return;
    const letGo = this.#letGo;
    // From now on nothing is begun; what is under way may end in order.
    this.#set(FOLLOWER);
    try {
      await this.#options.onLose();
    } finally {
      letGo();
    }
  }

  /** The writer is being asked to yield. */
  announceTakeOver(): void {
    if (this.#access.is === "follower") this.#set({ is: "follower", takingOver: true });
  }

  /** Take the lock, whoever has it. */
  steal(): void {
    if (this.#access.is !== "follower" || this.#isEnded) return;
    this.#way = "steal";
    this.#letGo();
  }

  /** From one request to the end of what it brought. */
  async #requestOnce(): Promise<void> {
    const { name, locks } = this.#options;
    const over = new AbortController();
    const way = this.#way;
    this.#letGo = () => over.abort();
    this.#way = "in-line";
    try {
      if (!locks) await this.#write(false, over.signal);
      else
        await locks.request(name, optionsFor(way, over.signal), async (lock) => {
          if (over.signal.aborted) return;
          if (lock) await this.#write(way !== "if-free", over.signal);
          else this.#set(FOLLOWER);
        });
    } catch (error) {
      await this.#refused(error, over);
    }
  }

  async #write(wasFollower: boolean, over: AbortSignal): Promise<void> {
    await this.#options.onGain(wasFollower);
    if (over.aborted) return;
    this.#set(WRITER);
    await aborted(over);
  }

  async #refused(error: unknown, over: AbortController): Promise<void> {
    // Browsers that block storage refuse locks too: then this tab is taken for the only one.
    if (!isAbort(error)) return this.#write(false, over.signal);
    // Stolen; or given up by ourselves, which changes nothing.
    over.abort();
    if (this.#access.is !== "writer") return;
    this.#set(FOLLOWER);
    void this.#options.onLose();
  }

  #set(access: Access): void {
    this.#access = access;
    if (access.is !== "unknown" || this.#isEnded)
      for (const resolve of this.#waiting.splice(0)) resolve(access.is === "writer");
    this.#options.onChange();
  }
}

function optionsFor(way: Way, signal: AbortSignal): LockOptions {
  switch (way) {
    case "if-free":
      return { ifAvailable: true };
    case "in-line":
      return { signal };
    case "steal":
      return { steal: true };
  }
}

const isAbort = (error: unknown) => error instanceof DOMException && error.name === "AbortError";

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
