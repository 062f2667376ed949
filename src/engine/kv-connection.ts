import * as Comlink from "comlink";
import { fail, type Result } from "../protocol/errors.ts";
import type {
  CommitRequest,
  CommitSummary,
  FindRequest,
  FoundChunks,
  KvStoreApi,
  ReadRequest,
} from "../protocol/kv-store-api.ts";

/** A store that has not answered by then is taken for dead: a call to a dead worker never settles. */
const ANSWER_MS = 10_000;

/** What is said in place of a store that does not answer. */
const NO_ANSWER = fail({ code: "store-unavailable", message: "the store did not answer" });

/** The KV store at the other end of a port. Every call settles. */
export class KvConnection implements KvStoreApi {
  readonly #remote: Comlink.Remote<KvStoreApi>;
  #dead = false;

  constructor(port: MessagePort) {
    this.#remote = Comlink.wrap<KvStoreApi>(port);
  }

  find(request: FindRequest): Promise<Result<FoundChunks>> {
    return this.#answered(async () => this.#remote.find(request));
  }

  read(request: ReadRequest): Promise<Result<Uint8Array<ArrayBuffer> | undefined>> {
    return this.#answered(async () => this.#remote.read(request));
  }

  commit(request: CommitRequest): Promise<Result<CommitSummary>> {
    const buffers = request.writes.flatMap(({ values }) => values.map(({ buffer }) => buffer));
    return this.#answered(async () => this.#remote.commit(Comlink.transfer(request, buffers)));
  }

  /** What is still under way is answered as if the store had died. */
  close(): void {
    this.#dead = true;
    this.#remote[Comlink.releaseProxy]();
  }

  async #answered<T>(call: () => Promise<Result<T>>): Promise<Result<T>> {
    if (this.#dead) return NO_ANSWER;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<Result<T>>((resolve) => {
      timer = setTimeout(() => {
        this.#dead = true;
        resolve(NO_ANSWER);
      }, ANSWER_MS);
    });
    try {
      return await Promise.race([call(), late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
