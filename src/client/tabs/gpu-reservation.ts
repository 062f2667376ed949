import type { Locks } from "./conversation-lock.ts";
import {
  expectedBytes,
  sizeLockName,
  holdersIn,
  tabLockName,
  tabsToLeave,
  type Holder,
} from "./gpu-sharing-rules.ts";
import { newId } from "../new-id.ts";
import type { TabChannel } from "./tab-channel.ts";

/** How long another tab is given to end its answer and to store the KV of it. */
const LEAVE_WAIT_MS = 30_000;

/** Held while a tab finds out whether its model may go onto the graphics card, so that tabs do so one by one. */
const ENTRANCE = "rekindle.gpu.entrance";

interface GpuReservationOptions {
  channel: TabChannel;
  locks: Locks;
  budgetBytes: number;
  /** Called when another tab needs the room. Resolves when this tab's model has left the card. */
  onAsked: () => Promise<void>;
  leaveWaitMs?: number;
}

/**
 * Room for this tab's model on the graphics card, which it shares with other tabs. Two Web Locks, which end with the
 * tab, stand for it: one for being there at all, and one whose name says how many bytes that takes. Where the browser
 * refuses locks, this tab is taken for the only one.
 */
export class GpuReservation {
  readonly #tab = newId();
  readonly #options: GpuReservationOptions;
  #held: { bytes: number; forget: () => void; leave: () => void } | undefined;

  constructor(options: GpuReservationOptions) {
    this.#options = options;
    options.channel.listen((message) => {
      if (message.type === "leave-gpu" && message.tabs.includes(this.#tab) && this.#held)
        void options.onAsked();
    });
  }

  /** GS1: reserves room if no other tab has any. @returns whether it did */
  async reserveIfFree(): Promise<boolean> {
    return this.#enter(undefined, async () => {
      const isFree = (await this.#others()).length === 0;
      return isFree ? 0 : undefined;
    });
  }

  /**
   * Reserves room. Where there is not enough for all, other tabs leave before; one that takes too long to leave is
   * not waited for any longer.
   *
   * @param ownBytes size of the model; undefined if it is not known
   * @returns false if the signal was aborted and nothing was reserved
   */
  async reserve(ownBytes: number | undefined, signal?: AbortSignal): Promise<boolean> {
    if (this.#held) return true;
    const { budgetBytes } = this.#options;
    return this.#enter(signal, async () => {
      const others = await this.#others();
      await this.#evict(tabsToLeave({ others, ownBytes, budgetBytes }), signal);
      return signal?.aborted ? undefined : expectedBytes(others, ownBytes);
    });
  }

  /** GS5: has all other tabs leave. @returns whether there were any */
  async evictOthers(): Promise<boolean> {
    const others = await this.#others().catch(() => []);
    await this.#evict(others);
    return others.length > 0;
  }

  /** Says how many bytes the model really takes. */
  resize(bytes: number): void {
    const held = this.#held;
    if (!held || held.bytes === bytes) return;
    const { forget } = held;
    held.bytes = bytes;
    held.forget = () => undefined;
    // The new lock is taken before the old one is released, so that others see one at any time.
    void this.#lock(sizeLockName({ tab: this.#tab, bytes })).then((release) => {
      forget();
      if (this.#held === held) held.forget = release;
      else release();
    });
  }

  release(): void {
    this.#held?.forget();
    this.#held?.leave();
    this.#held = undefined;
  }

  /** Resolves when every other tab that has a model on the card now has left it. */
  async whenOthersLeft(): Promise<void> {
    await this.#whenGone(await this.#others().catch(() => []));
  }

  /**
   * Reserves as many bytes as `mayEnter` says, or nothing where it says undefined, while no other tab does the same.
   * Whoever waits for the promise goes on before another tab can ask this one to leave.
   */
  #enter(
    signal: AbortSignal | undefined,
    mayEnter: () => Promise<number | undefined>,
  ): Promise<boolean> {
    const { locks } = this.#options;
    return new Promise((resolve) => {
      const enter = async () => {
        const bytes = await mayEnter();
        if (bytes !== undefined) await this.#hold(bytes);
        resolve(bytes !== undefined);
      };
      locks
        .request(ENTRANCE, signal ? { signal } : {}, enter)
        // This tab gave up; or the browser refuses locks, so that no other tab can be asked.
        .catch(() => resolve(!signal?.aborted));
    });
  }

  async #hold(bytes: number): Promise<void> {
    const leave = await this.#lock(tabLockName(this.#tab));
    const forget = await this.#lock(sizeLockName({ tab: this.#tab, bytes }));
    this.#held = { bytes, forget, leave };
  }

  /** Holds a Web Lock. @returns the function that releases it */
  #lock(name: string): Promise<() => void> {
    return new Promise((taken) => {
      const held = () => new Promise<void>((release) => taken(release));
      // A lock that was refused cannot be released either.
      this.#options.locks.request(name, {}, held).catch(() => taken(() => undefined));
    });
  }

  async #others(): Promise<Holder[]> {
    const { held = [] } = await this.#options.locks.query();
    return holdersIn(held.map(({ name }) => name)).filter(({ tab }) => tab !== this.#tab);
  }

  async #evict(asked: readonly Holder[], signal?: AbortSignal): Promise<void> {
    if (asked.length === 0) return;
    const { channel, leaveWaitMs = LEAVE_WAIT_MS } = this.#options;
    const over = new AbortController();
    const end = () => over.abort();
    const timer = setTimeout(end, leaveWaitMs);
    signal?.addEventListener("abort", end);
    channel.post({ type: "leave-gpu", tabs: asked.map(({ tab }) => tab) });
    await this.#whenGone(asked, over.signal);
    clearTimeout(timer);
    signal?.removeEventListener("abort", end);
  }

  /** Resolves when the tabs have left, or are closed, or the signal is aborted. */
  async #whenGone(tabs: readonly Holder[], signal?: AbortSignal): Promise<void> {
    const { locks } = this.#options;
    const options = signal ? { signal } : {};
    await Promise.all(
      tabs.map(({ tab }) =>
        // The request is granted when the other tab has released its lock.
        locks.request(tabLockName(tab), options, () => undefined).catch(() => undefined),
      ),
    );
  }
}
