import type { EngineApi } from "../../protocol/engine-api.ts";
import type { EngineCounting } from "../../protocol/engine-counting.ts";
import type { EngineMeasuring } from "../../protocol/engine-measuring.ts";
import type { EngineProcessor } from "../../protocol/engine-processor.ts";
import type { EngineStoring } from "../../protocol/engine-storing.ts";
import { fail } from "../../protocol/errors.ts";
import { newId } from "../new-id.ts";
import type { EngineKind, EngineWorkerApi } from "./engines.ts";
import { engineScriptUrl } from "./script-urls.ts";
import {
  connectWorker,
  type DeathAnswers,
  type WorkerConnection,
  type WorkerLike,
} from "./worker-connection.ts";

const nothing = () => undefined;

/** What each call answers when the worker dies before it could. */
const CHAT_ANSWERS: DeathAnswers<EngineApi> = {
  subscribe: nothing,
  load: fail,
  cancelLoad: nothing,
  release: nothing,
  open: fail,
  prefetch: fail,
  generate: fail,
  cancel: nothing,
};
const STORING_ANSWERS: DeathAnswers<EngineStoring> = {
  attachStore: nothing,
  saved: nothing,
  setIdleTerms: nothing,
};
const MEASURING_ANSWERS: DeathAnswers<EngineMeasuring> = {
  throttleGpu: nothing,
  keepOnGpu: nothing,
  forceScheme: nothing,
  forceForm: nothing,
};

const PROCESSOR_ANSWERS: DeathAnswers<EngineProcessor> = { measureProcessor: nothing };

const COUNTING_ANSWERS: DeathAnswers<EngineCounting> = { countTokens: nothing };

/** Starts a worker of this kind of engine. @param startWorker gives the worker its name */
export function spawnEngine(
  kind: EngineKind,
  startWorker: (kind: EngineKind, name: string) => WorkerLike = startModuleWorker,
): WorkerConnection<EngineWorkerApi> {
  const name = `rekindle.engine.${newId()}`;
  return connectWorker<EngineWorkerApi>(startWorker(kind, name), {
    kind: "engine",
    lifeLock: name,
    answers: {
      ...CHAT_ANSWERS,
      ...(kind.storesKv && STORING_ANSWERS),
      ...(kind.isMeasurable && MEASURING_ANSWERS),
      ...(kind.runsOnProcessor && PROCESSOR_ANSWERS),
      ...(kind.countsTokens && COUNTING_ANSWERS),
    },
    keepsCallback: ["subscribe"],
  });
}

function startModuleWorker(kind: EngineKind, name: string): Worker {
  return new Worker(engineScriptUrl(kind), { type: "module", name });
}
