import * as Comlink from "comlink";
import { createEngine, type RekindleEngine } from "../src/engine/create-engine.ts";
import { WorkerRenderer } from "../src/tokenizer/jinja/worker-renderer.ts";
import { holdLifeLock } from "./life-lock.ts";
import { startProcessorThread } from "./start-processor-thread.ts";
import { startTemplateWorker } from "./start-template-worker.ts";

void holdLifeLock(self.name, (message) => self.postMessage(message));
Comlink.expose(
  createEngine({
    templates: new WorkerRenderer(startTemplateWorker),
    startThread: startProcessorThread,
  }) satisfies RekindleEngine,
);
