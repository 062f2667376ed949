import * as Comlink from "comlink";
import { fail, type Result } from "../../protocol/errors.ts";
import type {
  CommitRequest,
  CommitSummary,
  FindRequest,
  FoundChunks,
  KvRoom,
  KvStoreApi,
  ReadReply,
  ReadRequest,
} from "../../protocol/kv-store-api.ts";

/** A store that is silent for this long is taken for dead: a call to a dead worker never settles. */
const ANSWER_MS = 10_000;

/** The answer that is given in place of a store that does not answer. */
const NO_ANSWER = fail({ code: "store-unavailable", message: "the store did not answer" });

/** What the engine needs of a KV store. */
export interface KvStore {
  find(request: FindRequest): Promise<Result<FoundChunks>>;
  /**
   * Reads values, about in this order. Resolves when all have come, or when no more will.
   *
   * @param take called once for each value that comes, in the order they come
   * @param signal ends the reading: values that have not come by then do not come
   */
  readAll(
    requests: readonly ReadRequest[],
    take: (reply: ReadReply) => void,
    signal: AbortSignal,
  ): Promise<Result<void>>;
  commit(request: CommitRequest): Promise<Result<CommitSummary>>;
  room(): Promise<Result<KvRoom>>;
  deviceRecord(name: string): Promise<Result<unknown>>;
  hasDeviceRecord(name: string): Promise<Result<boolean>>;
  putDeviceRecord(name: string, value: unknown): Promise<Result<void>>;
}

/** The KV store at the other end of a port. Every call settles. */
export class KvConnection implements KvStore {
  readonly #remote: Comlink.Remote<KvStoreApi>;
  #dead = false;

  constructor(port: MessagePort) {
    this.#remote = Comlink.wrap<KvStoreApi>(port);
  }

  find(request: FindRequest): Promise<Result<FoundChunks>> {
    return this.#answered(() => this.#remote.find(request));
  }

  async readAll(
    requests: readonly ReadRequest[],
    take: (reply: ReadReply) => void,
    signal: AbortSignal,
  ): Promise<Result<void>> {
    if (requests.length === 0 || signal.aborted) return { ok: true, value: undefined };
    const { port1, port2 } = new MessageChannel();
    const stop = new Promise<void>((resolve) => {
      signal.addEventListener("abort", () => {
        port1.postMessage("stop");
        resolve();
      });
    });
    try {
      return await this.#answered(async (onSign) => {
        const taken = takeAll(port1, requests.length, (reply) => {
          onSign();
          take(reply);
        });
        const reading = this.#remote.readAll(requests, Comlink.transfer(port2, [port2]));
        // A caller that stops the reading does not wait for values that a slow disk is about to give.
        const result = await Promise.race([reading, stop]);
        if (result?.ok) await Promise.race([taken, stop]);
        return result ?? { ok: true, value: undefined };
      });
    } finally {
      port1.close();
    }
  }

  commit(request: CommitRequest): Promise<Result<CommitSummary>> {
    const buffers = request.writes.flatMap(({ values }) => values.map(({ buffer }) => buffer));
    return this.#answered(() => this.#remote.commit(Comlink.transfer(request, buffers)));
  }

  room(): Promise<Result<KvRoom>> {
    return this.#answered(() => this.#remote.room());
  }

  deviceRecord(name: string): Promise<Result<unknown>> {
    return this.#answered(() => this.#remote.deviceRecord(name));
  }

  hasDeviceRecord(name: string): Promise<Result<boolean>> {
    return this.#answered(() => this.#remote.hasDeviceRecord(name));
  }

  putDeviceRecord(name: string, value: unknown): Promise<Result<void>> {
    return this.#answered(() => this.#remote.putDeviceRecord(name, value));
  }

  /**
   * A device record, as soon as there is one. Unlike with other calls, a silent store is not taken for dead: at a start
   * it may be waiting until another tab gives the database up. Then this does not settle.
   */
  async earlyRecord(name: string): Promise<unknown> {
    if (this.#dead) return undefined;
    const record = await this.#remote.deviceRecord(name);
    return record.ok ? record.value : undefined;
  }

  /** Calls that are still under way are answered as if the store had died. */
  close(): void {
    this.#dead = true;
    this.#remote[Comlink.releaseProxy]();
  }

  /** The answer of the call, unless the store is silent for too long. `onSign` tells of a sign of life. */
  async #answered<T>(call: (onSign: () => void) => Promise<Result<T>>): Promise<Result<T>> {
    if (this.#dead) return NO_ANSWER;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let lastSignMs = performance.now();
    const late = new Promise<Result<T>>((resolve) => {
      const wait = (ms: number) => {
        timer = setTimeout(() => {
          const leftMs = lastSignMs + ANSWER_MS - performance.now();
          if (leftMs > 0) {
            wait(leftMs);
            return;
          }
          this.#dead = true;
          resolve(NO_ANSWER);
        }, ms);
      };
      wait(ANSWER_MS);
    });
    const onSign = () => (lastSignMs = performance.now());
    try {
      return await Promise.race([call(onSign), late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Resolves when `count` replies have come. */
function takeAll(
  port: MessagePort,
  count: number,
  take: (reply: ReadReply) => void,
): Promise<void> {
  return new Promise((resolve) => {
    let left = count;
    port.onmessage = ({ data }: MessageEvent<ReadReply>) => {
      take(data);
      if (--left === 0) resolve();
    };
  });
}
