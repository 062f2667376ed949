import type { StartThread } from "../src/cpu/thread-pool.ts";
import { startOwnWorker } from "./own-scripts.ts";

/** Starts a further thread of the processor. Called in the engine's worker. */
export const startProcessorThread: StartThread = (start, onFail) => {
  const worker = startOwnWorker("processorThread");
  worker.onerror = ({ message }) => {
    onFail(message);
  };
  worker.postMessage(start);
  return worker;
};
