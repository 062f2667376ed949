import type { DownloadApi } from "../../protocol/download-api.ts";
import { fail } from "../../protocol/errors.ts";
import { newId } from "../new-id.ts";
import { scriptUrl } from "./script-urls.ts";
import { connectWorker, type WorkerConnection } from "./worker-connection.ts";

const nothing = () => undefined;

/** Starts the worker that downloads models. */
export function spawnDownloads(): WorkerConnection<DownloadApi> {
  const name = `rekindle.download.${newId()}`;
  const worker = new Worker(scriptUrl("download"), { type: "module", name });
  return connectWorker<DownloadApi>(worker, {
    kind: "downloads",
    lifeLock: name,
    answers: {
      subscribe: nothing,
      start: fail,
      pause: nothing,
      cancel: nothing,
      resume: nothing,
      keepFree: nothing,
      dropUnfinished: nothing,
    },
    keepsCallback: ["subscribe"],
  });
}
