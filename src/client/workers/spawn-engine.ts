import type { EngineApi } from "../../protocol/engine-api.ts";
import { fail } from "../../protocol/errors.ts";
import { newId } from "../new-id.ts";
import { scriptUrl } from "./script-urls.ts";
import { connectWorker, type WorkerConnection } from "./worker-connection.ts";

/** Starts an engine worker, and says what each call answers when the worker dies before it could. */
export function spawnEngine(): WorkerConnection<EngineApi> {
  const name = `rekindle.engine.${newId()}`;
  const nothing = () => undefined;
  const worker = new Worker(scriptUrl("engine"), { type: "module", name });
  return connectWorker<EngineApi>(worker, {
    kind: "engine",
    lifeLock: name,
    answers: {
      subscribe: nothing,
      load: fail,
      cancelLoad: nothing,
      release: nothing,
      attachStore: nothing,
      open: fail,
      prefetch: fail,
      throttleGpu: nothing,
      keepOnGpu: nothing,
      generate: fail,
      saved: nothing,
      cancel: nothing,
    },
    keepsCallback: ["subscribe"],
  });
}
