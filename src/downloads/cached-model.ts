import { EngineError } from "../shared/engine-error.ts";
import { isAbsent } from "../shared/parse-json.ts";
import { FileCheck } from "./check-file.ts";
import type { DownloadPlan, PlannedFile } from "./download-plan.ts";
import type { DownloadRecord } from "./download-records.ts";
import type { DownloadCache, FileKey } from "./file-cache.ts";
import { pinnedTo } from "./hub.ts";
import { fetchSmall, type Asking } from "./make-plan.ts";
import { bytesOf } from "./piece-store.ts";

/** What of a model is in Cache Storage, under the names by which both engines look for it. */
export class CachedModel {
  readonly #cache: DownloadCache;
  /** Whether an older index, if there was one, is gone. */
  #isIndexGone = false;

  constructor(cache: DownloadCache) {
    this.#cache = cache;
  }

  async has(file: PlannedFile): Promise<boolean> {
    return (await this.#cache.match(keyOf(file))) !== undefined;
  }

  /** Whether all shards are here, and the index, which is the last of the other files. */
  async hasAll({ files, texts }: Pick<DownloadRecord, "files" | "texts">): Promise<boolean> {
    const index = texts.at(-1);
    const keys = [...files.map(keyOf), ...(index ? [index] : [])];
    for (const key of keys) if (!(await this.#cache.match(key))) return false;
    return true;
  }

  /** Whether a copy of the file is here, which an engine may have fetched, and is the right one. */
  async hasRight(file: PlannedFile, signal: AbortSignal): Promise<boolean> {
    const response = await this.#cache.match(keyOf(file));
    if (!response) return false;
    const check = await FileCheck.begin(file);
    await readInto(check, await response.blob(), signal);
    try {
      check.end();
      return true;
    } catch {
      return false;
    }
  }

  /** Keeps a shard that was checked. */
  async put(file: PlannedFile, blob: Blob, index: DownloadPlan["index"]): Promise<void> {
    // An older index must not speak of this shard, which is not the one that it knows.
    if (index && !this.#isIndexGone) await this.#cache.delete(index.key);
    this.#isIndexGone = true;
    await this.#cache.putFile(keyOf(file), blob);
  }

  /**
   * Fetches and keeps the small files, the index last: it says that all is here.
   *
   * @param onBytes told how many bytes of each have come
   */
  async keepTexts(
    { texts, index, revision }: DownloadPlan,
    asking: Asking,
    onBytes: (bytes: number) => void,
  ): Promise<void> {
    for (const { key, isOptional } of texts)
      try {
        const bytes = await fetchSmall(pinnedTo(revision, key.url), asking);
        await this.#cache.put(key, [bytes]);
        onBytes(bytes.length);
      } catch (error) {
        const isMissing = error instanceof EngineError && isAbsent(error);
        if (!isOptional || !isMissing) throw error;
      }
    if (index) await this.#cache.put(index.key, [new TextEncoder().encode(index.text)]);
  }

  /** Removes parts of GGUF files that an engine has fetched by itself: they are here as a whole now. */
  async forgetParts({ files }: DownloadPlan): Promise<void> {
    for (const { url } of files) await this.#cache.deleteParts(url);
  }

  /** Removes everything, the index first. */
  async remove({ files, texts }: DownloadRecord): Promise<void> {
    for (const key of texts.toReversed()) await this.#cache.delete(key);
    for (const file of files) await this.#cache.delete(keyOf(file));
  }
}

const keyOf = ({ url }: PlannedFile): FileKey => ({ cache: "webllm/model", url });

/** Reads a file into its check. */
export async function readInto(check: FileCheck, blob: Blob, signal: AbortSignal): Promise<void> {
  for await (const bytes of bytesOf(blob)) {
    if (signal.aborted) throw new EngineError({ code: "cancelled" });
    check.update(bytes);
  }
}
