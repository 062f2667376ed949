/** @file The engines that the page knows, and which of them runs a model. */

import rekindleWorker from "../../../workers/engine.worker.ts?worker&url";
import webLlmWorker from "../../../workers/webllm.worker.ts?worker&url";
import type { EngineApi, ModelReference } from "../../protocol/engine-api.ts";
import type { EngineCounting } from "../../protocol/engine-counting.ts";
import type { EngineMeasuring } from "../../protocol/engine-measuring.ts";
import type { EngineProcessor } from "../../protocol/engine-processor.ts";
import type { EngineStoring } from "../../protocol/engine-storing.ts";

/** What may be asked of an engine's worker: what every engine answers, and what only some can do besides. */
export type EngineWorkerApi = EngineApi &
  Partial<EngineStoring & EngineMeasuring & EngineProcessor & EngineCounting>;

/** One kind of engine. Its worker's script exposes `EngineApi`, and the further interfaces that are named here. */
export interface EngineKind {
  name: string;
  /** The URL of its worker's script. The import gives only the place where the bundler puts it, not its code. */
  script: string;
  /** Whether it can run this model. */
  runs: (model: ModelReference) => boolean;
  /** Whether it answers `EngineStoring`. */
  storesKv: boolean;
  /** Whether it answers `EngineMeasuring`. */
  isMeasurable: boolean;
  /** Whether it answers `EngineProcessor`. */
  runsOnProcessor: boolean;
  /** Whether it answers `EngineCounting`. */
  countsTokens: boolean;
}

/** Of the engines that can run a model, the first one does. To add an engine, add a line. */
export const ENGINES: readonly [EngineKind, ...EngineKind[]] = [
  {
    name: "rekindle",
    script: rekindleWorker,
    runs: ({ compiled }) => compiled === undefined,
    storesKv: true,
    isMeasurable: true,
    runsOnProcessor: true,
    countsTokens: true,
  },
  {
    name: "webllm",
    script: webLlmWorker,
    // It knows the graphics card only. Why a model does not run on the processor is said by our own engine.
    runs: ({ compiled, device }) => compiled !== undefined && device !== "processor",
    storesKv: false,
    isMeasurable: false,
    runsOnProcessor: false,
    countsTokens: false,
  },
];

/** The engine that runs a model. For a model that none can run it is the first one, which says why it cannot. */
export function engineFor(
  model: ModelReference,
  engines: readonly [EngineKind, ...EngineKind[]] = ENGINES,
): EngineKind {
  return engines.find(({ runs }) => runs(model)) ?? engines[0];
}
