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

/** How long another tab is given to end its answer and to store what it computed. */
const LEAVE_WAIT_MS = 30_000;

/** Held while a tab finds out whether it may take the graphics card, so that they do so one by one. */
const ENTRANCE = "rekindle.gpu.entrance";

interface GpuReservationOptions {
  channel: TabChannel;
  locks: Locks;
  budgetBytes: number;
  /** Another tab needs the room. Resolves when this tab has left. */
  onAsked: () => Promise<void>;
  leaveWaitMs?: number;
}

/**
 * This tab's place on the graphics card beside those of other tabs: a Web Lock, which ends with the tab,
 * and another one, whose name tells how much is on it. Where the browser refuses locks, this tab is taken for the
 * only one.
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

  /** GS1: takes the seat if no other tab has one. @returns whether it did */
  async reserveIfFree(): Promise<boolean> {
    return this.#enter(undefined, async () => {
      const isFree = (await this.#others()).length === 0;
      return isFree ? 0 : undefined;
    });
  }

  /**
   * Takes the seat; others leave before, where there is not room for all. One that does not leave for a
   * long time is not waited for any longer.
   *
   * @param ownBytes of the model; undefined if that is not known
   * @returns false if the signal was aborted: then it was not taken
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

  /** GS5: all others leave. @returns whether there were any */
  async evictOthers(): Promise<boolean> {
    const others = await this.#others().catch(() => []);
    await this.#evict(others);
    return others.length > 0;
  }

  /** What is on the seat takes so many bytes. */
  resize(bytes: number): void {
    const held = this.#held;
    if (!held || held.bytes === bytes) return;
    const { forget } = held;
    held.bytes = bytes;
    held.forget = () => undefined;
    // The new lock first: in between, others would see none.
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

  /** Resolves when no other tab that has a seat now has it any more. */
  async whenOthersLeft(): Promise<void> {
    await this.#whenGone(await this.#others().catch(() => []));
  }

  /**
   * Takes the seat if `mayEnter` tells how much is to be on it, while no other tab does the same. What waits for the answer goes on
   * before another tab can ask this one to leave.
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
        // Given up; or refused, and then nobody can be asked.
        .catch(() => resolve(!signal?.aborted));
    });
  }

  async #hold(bytes: number): Promise<void> {
    const leave = await this.#lock(tabLockName(this.#tab));
    const forget = await this.#lock(sizeLockName({ tab: this.#tab, bytes }));
    this.#held = { bytes, forget, leave };
  }

  /** @returns how to let go of it */
  #lock(name: string): Promise<() => void> {
    return new Promise((taken) => {
      const held = () => new Promise<void>((release) => taken(release));
      // Refused, it cannot be let go of either.
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
        // Granted when the other has let go.
        locks.request(tabLockName(tab), options, () => undefined).catch(() => undefined),
      ),
    );
  }
}
