import type { Locks } from "./conversation-lock.ts";
import type { TabChannel, TabMessage } from "./tab-channel.ts";

type Granted = (lock: Lock | null) => Promise<void> | void;

interface Request {
  owner: FakeTab;
  name: string;
  granted: Granted;
  resolve: () => void;
  reject: (error: DOMException) => void;
}

/** Web Locks and a BroadcastChannel for several tabs in one process. */
export class FakeBrowser {
  readonly #held = new Map<string, Request>();
  #line: Request[] = [];
  readonly #tabs = new Set<FakeTab>();

  openTab(): FakeTab {
    const tab = new FakeTab(this);
    this.#tabs.add(tab);
    return tab;
  }

  /** Closes a tab, which runs no code of its own any more and so cannot say so to the others. */
  close(tab: FakeTab): void {
    this.#tabs.delete(tab);
    this.#line = this.#line.filter(({ owner }) => owner !== tab);
    for (const [name, { owner }] of this.#held) if (owner === tab) this.#release(name);
  }

  holderOf(name: string): FakeTab | undefined {
    return this.#held.get(name)?.owner;
  }

  held(): string[] {
    return [...this.#held.keys()];
  }

  broadcast(from: FakeTab, message: TabMessage): void {
    const data = structuredClone(message);
    for (const tab of this.#tabs)
      if (tab !== from) setTimeout(() => this.#tabs.has(tab) && tab.hear(data));
  }

  request(request: Request, options: LockOptions): void {
    const { name, owner } = request;
    options.signal?.addEventListener("abort", () => this.#giveUp(request));
    if (!this.#tabs.has(owner) || options.signal?.aborted) return;
    const holder = this.#held.get(name);
    if (options.steal && holder) {
      this.#held.delete(name);
      holder.reject(new DOMException("stolen", "AbortError"));
    }
    if (options.steal || !holder) this.#grant(request);
    else if (options.ifAvailable) void this.#call(request, null).then(request.resolve);
    else this.#line.push(request);
  }

  #giveUp(request: Request): void {
    if (!this.#line.includes(request)) return;
    this.#line = this.#line.filter((waiting) => waiting !== request);
    request.reject(new DOMException("given up", "AbortError"));
  }

  #grant(request: Request): void {
    const { name } = request;
    this.#held.set(name, request);
    void this.#call(request, { name, mode: "exclusive" }).then(() => {
      if (this.#held.get(name) !== request) return;
      this.#release(name);
      request.resolve();
    });
  }

  async #call({ granted }: Request, lock: Lock | null): Promise<void> {
    await Promise.resolve();
    await granted(lock);
  }

  #release(name: string): void {
    this.#held.delete(name);
    const next = this.#line.find((waiting) => waiting.name === name);
    if (!next) return;
    this.#line = this.#line.filter((waiting) => waiting !== next);
    this.#grant(next);
  }
}

class FakeTab {
  readonly locks: Locks;
  readonly channel: TabChannel;
  readonly #listeners = new Set<(message: TabMessage) => void>();

  constructor(browser: FakeBrowser) {
    const request = (name: string, options: unknown, granted?: unknown) =>
      new Promise<void>((resolve, reject) => {
        const asked = { owner: this, name, granted: granted as Granted, resolve, reject };
        browser.request(asked, options as LockOptions);
      });
    const query = () => Promise.resolve({ held: browser.held().map((name) => ({ name })) });
    this.locks = { request, query };
    this.channel = {
      post: (message) => browser.broadcast(this, message),
      listen: (listener) => {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
      },
    };
  }

  hear(message: TabMessage): void {
    for (const listener of this.#listeners) listener(message);
  }
}
