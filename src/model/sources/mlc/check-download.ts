import { EngineError } from "../../../shared/engine-error.ts";
import type { ModelFiles } from "../../../downloads/fetch-files.ts";
import type { TensorIndex } from "./tensor-index.ts";

/**
 * Refuses a download that is larger than was agreed to. This is the last moment before much is downloaded: what the
 * index says now counts, and not what it said when a person was asked.
 *
 * @throws EngineError `download-not-agreed`
 */
export async function checkDownload(
  files: ModelFiles,
  index: TensorIndex,
  { url, maxDownloadBytes }: { url: string; maxDownloadBytes: number },
): Promise<void> {
  if (maxDownloadBytes === Infinity) return;
  let downloadBytes = 0;
  for (const shard of index.shards)
    if (!(await files.has({ cache: "webllm/model", url: shard.url })))
      downloadBytes += shard.nbytes;
  if (downloadBytes > maxDownloadBytes)
    throw new EngineError({ code: "download-not-agreed", url, downloadBytes });
}
