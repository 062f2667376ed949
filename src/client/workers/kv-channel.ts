import type { EngineStoring } from "../../protocol/engine-storing.ts";
import type { StoreApi } from "../../protocol/store-api.ts";
import type { WorkerConnection } from "./worker-connection.ts";

/** The worker of one kind that runs now. */
type Living<Api> = Pick<WorkerConnection<Api>, "api" | "died">;

/** An engine, which may have no use for a store. */
type Attachable = Partial<Pick<EngineStoring, "attachStore">>;

/**
 * Gives the engine worker and the store worker a channel of their own, for KV: as soon as both run, and a new one
 * after either has started again. Neither worker waits for it.
 */
export class KvChannel {
  #engine: Living<Attachable> | undefined;
  #store: Living<Pick<StoreApi, "serveKv">> | undefined;

  readonly engineStarted = (engine: Living<Attachable>): void => {
    this.#engine = engine;
    void engine.died.then(() => {
      if (this.#engine === engine) this.#engine = undefined;
    });
    this.#join();
  };

  readonly storeStarted = (store: Living<Pick<StoreApi, "serveKv">>): void => {
    this.#store = store;
    void store.died.then(() => {
      if (this.#store === store) this.#store = undefined;
    });
    this.#join();
  };

  #join(): void {
    if (!this.#engine?.api.attachStore || !this.#store) return;
    const { port1, port2 } = new MessageChannel();
    void this.#store.api.serveKv(port1);
    void this.#engine.api.attachStore(port2);
  }
}
