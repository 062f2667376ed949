import type { EngineStatus } from "../../protocol/engine-api.ts";
import { newId } from "../new-id.ts";

/** A load that its tab did not survive. */
export interface InterruptedLoad {
  /** Address of the model. */
  url: string;
  /** How many times in a row a tab has ended while it was loaded. */
  times: number;
}

/** What is kept as long as a load goes on. */
interface Mark extends InterruptedLoad {
  /** The tab that loads. It holds a Web Lock of that name. */
  tab: string;
}

const KEY = "rekindle.loading";

/** In characters, more than the longest address of a model takes. */
const MAX_LENGTH = 5000;

const lockName = (tab: string): string => `rekindle.loading/${tab}`;

interface InterruptedLoadsOptions {
  engine: { subscribe: (listener: () => void) => unknown; getSnapshot: () => EngineStatus };
  page: { document: EventTarget & Pick<Document, "visibilityState">; window: EventTarget };
  /** Undefined where the browser has no Web Locks. */
  locks: Pick<LockManager, "request" | "query"> | undefined;
  /** Address of the model that is wanted, as the page spells it. */
  wanted: () => string | undefined;
  /** Addresses of the models that are part of the page. They are so small that no tab ends because of them. */
  embedded: readonly string[];
}

/**
 * Finds out at a visit whether the tab of the last one ended while it loaded a model. Memory that runs out ends a tab
 * without a word, and the next visit would load the same model again.
 *
 * IL1 As long as a model is being loaded, a mark says so in `localStorage`. It is taken away when the load ends, however
 *     it ends, and when the person leaves the page.
 * IL2 There is no mark while the page is out of sight: there browsers end tabs for reasons of their own.
 * IL3 A mark counts only if its tab is gone. As long as that is there it holds a Web Lock.
 * IL4 A mark stays until the same model was loaded, or the person has taken another one. So a question that was not
 *     answered is asked again.
 */
export class InterruptedLoads {
  readonly #options: InterruptedLoadsOptions;
  readonly #tab = newId();
  #isLockHeld = false;

  constructor(options: InterruptedLoadsOptions) {
    this.#options = options;
    const { engine, page } = options;
    engine.subscribe(() => this.#update());
    page.document.addEventListener("visibilitychange", () => this.#update());
    page.window.addEventListener("pagehide", () => this.#unmark());
  }

  /** The load that ended the last tab; undefined if none did. */
  async find(): Promise<InterruptedLoad | undefined> {
    const mark = readMark();
    if (!mark || mark.tab === this.#tab || (await this.#isAlive(mark.tab))) return undefined;
    return { url: mark.url, times: mark.times };
  }

  /** The person has taken another model, so that nothing is to be asked about that one any more. */
  forget(): void {
    removeMark();
  }

  #update(): void {
    const { engine, page, wanted, embedded } = this.#options;
    const isLoading = engine.getSnapshot().phase === "loading";
    const isInSight = page.document.visibilityState === "visible";
    const url = wanted();
    if (isLoading && isInSight && url !== undefined && !embedded.includes(url)) this.#mark(url);
    else this.#unmark();
  }

  #mark(url: string): void {
    const before = readMark();
    if (before?.tab === this.#tab && before.url === url) return;
    const times = before?.url === url ? before.times + 1 : 1;
    writeMark({ url, times, tab: this.#tab });
    this.#holdLock();
  }

  #unmark(): void {
    if (readMark()?.tab === this.#tab) removeMark();
  }

  #holdLock(): void {
    if (this.#isLockHeld) return;
    this.#isLockHeld = true;
    const untilTheEnd = () => new Promise<never>(() => undefined);
    // Where the browser refuses locks, two tabs may take each other for dead. The person is asked once too often.
    this.#options.locks?.request(lockName(this.#tab), {}, untilTheEnd).catch(() => undefined);
  }

  async #isAlive(tab: string): Promise<boolean> {
    try {
      const { held = [] } = (await this.#options.locks?.query()) ?? {};
      return held.some(({ name }) => name === lockName(tab));
    } catch {
      return false;
    }
  }
}

function readMark(): Mark | undefined {
  try {
    const text = localStorage.getItem(KEY) ?? "null";
    const found: unknown = text.length <= MAX_LENGTH ? JSON.parse(text) : null;
    return isMark(found) ? found : undefined;
  } catch {
    return undefined;
  }
}

function writeMark(mark: Mark): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(mark));
  } catch {
    // Storage is blocked or full. The next visit loads the model without a question.
  }
}

function removeMark(): void {
  try {
    localStorage.removeItem(KEY);
  } catch {
    // Storage is blocked, so nothing is there.
  }
}

function isMark(found: unknown): found is Mark {
  if (typeof found !== "object" || found === null) return false;
  const { url, times, tab } = found as Partial<Record<keyof Mark, unknown>>;
  return typeof url === "string" && typeof tab === "string" && Number.isSafeInteger(times);
}
