/** Who writes a conversation, seen from this tab. */
export type Access =
  | { is: "unknown" }
  /** This tab writes it, and no other one does. */
  | { is: "writer" }
  /** Another tab writes it; `takingOver` while that tab is asked to leave the conversation to this one. */
  | { is: "follower"; takingOver: boolean };

export type Locks = Pick<LockManager, "request" | "query">;

interface ConversationLockOptions {
  name: string;
  /** Undefined where the browser has no Web Locks. Then this tab is taken for the only one. */
  locks: Locks | undefined;
  onChange: () => void;
  /** Called before this tab becomes the writer, which waits for the promise: what another tab wrote is read first. */
  onGain: (wasFollower: boolean) => Promise<void>;
  /** Called when this tab has stopped being the writer. Resolves when it writes nothing any more. */
  onLose: () => Promise<void>;
  /** Called when the lock was released and has not been wanted again meanwhile. */
  onEnd: () => void;
}

/** How the lock is requested: only if no tab has it, in line with the tabs that want it too, or by stealing it. */
type RequestMode = "if-free" | "in-line" | "steal";

const UNKNOWN: Access = { is: "unknown" };
const WRITER: Access = { is: "writer" };
const FOLLOWER: Access = { is: "follower", takingOver: false };

/**
 * One conversation's Web Lock, which this tab wants until `end()`.
 *
 * A tab that finds the lock taken follows the writer and waits in line: when the writer leaves or dies, it is next.
 */
export class ConversationLock {
  #access: Access = UNKNOWN;
  #mode: RequestMode = "if-free";
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

  /** Requests the lock again and again until `end()`. */
  async run(): Promise<void> {
    while (!this.#isEnded) await this.#requestOnce();
    this.#options.onEnd();
  }

  /** Releases the lock, and does not want it any more. */
  end(): void {
    this.#isEnded = true;
    this.#mode = "if-free";
    this.#set(UNKNOWN);
    this.#letGo();
  }

  /** Wants the lock after all: takes back an `end()` whose request is not over yet. */
  resume(): void {
    this.#isEnded = false;
  }

  /** Leaves the writing to the tab that asked for it. Resolves when this tab writes nothing any more. */
  async yield(): Promise<void> {
    if (this.#access.is !== "writer") return;
    const letGo = this.#letGo;
    // From now on this tab begins no turn. The one that runs may end in order.
    this.#set(FOLLOWER);
    try {
      await this.#options.onLose();
    } finally {
      letGo();
    }
  }

  /** Shows that the writer is being asked to yield. */
  announceTakeOver(): void {
    if (this.#access.is === "follower") this.#set({ is: "follower", takingOver: true });
  }

  /** Takes the lock from the tab that has it. */
  steal(): void {
    if (this.#access.is !== "follower" || this.#isEnded) return;
    this.#mode = "steal";
    this.#letGo();
  }

  /** Requests the lock once. Resolves when this tab has lost it again, or has given up the request. */
  async #requestOnce(): Promise<void> {
    const { name, locks } = this.#options;
    const over = new AbortController();
    const mode = this.#mode;
    this.#letGo = () => over.abort();
    this.#mode = "in-line";
    try {
      if (!locks) await this.#write(false, over.signal);
      else
        await locks.request(name, optionsFor(mode, over.signal), async (lock) => {
          if (over.signal.aborted) return;
          if (lock) await this.#write(mode !== "if-free", over.signal);
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
    // Browsers that block storage refuse locks too. Then this tab is taken for the only one.
    if (!isAbort(error)) return this.#write(false, over.signal);
    // Another tab stole the lock; or this tab gave up its own request, which changes nothing.
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

function optionsFor(mode: RequestMode, signal: AbortSignal): LockOptions {
  switch (mode) {
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
