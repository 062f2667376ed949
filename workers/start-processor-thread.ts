import type { StartThread } from "../src/cpu/thread-pool.ts";
import { startOwnWorker } from "./own-scripts.ts";

/** Starts a further thread of the processor. Called in the engine's worker. */
export const startProcessorThread: StartThread = (start, onFail) => {
  const worker = startOwnWorker("processorThread");
  worker.onerror = (event: Event) => {
    // Where the script cannot be loaded, there is no message.
    onFail(event instanceof ErrorEvent ? event.message : "its script cannot be loaded");
  };
  worker.postMessage(start);
  return worker;
};
