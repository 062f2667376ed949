import { startOwnWorker } from "./own-scripts.ts";

/** Starts the worker that runs chat templates. Called in the engine's worker. */
export const startTemplateWorker = (): Worker => startOwnWorker("template");
