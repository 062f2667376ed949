import { EngineError } from "../shared/engine-error.ts";
import type { FileCache } from "./file-cache.ts";
import type { Fetch } from "./request-file.ts";

/**
 * Answers requests for the files of a model in a folder on the disk as its server would. The network is never asked.
 *
 * A file that is not there, or that was changed or removed since, throws `model-file-gone`.
 *
 * @param directory the address that stands for the folder, with a final slash
 */
export function fetchFromFolder(directory: string, files: readonly File[]): Fetch {
  const byUrl = new Map(files.map((file) => [directory + file.name, file]));
  return async (url) => {
    const file = byUrl.get(url);
    if (file && (await isReadable(file)))
      return new Response(file.stream(), { headers: { "content-length": String(file.size) } });
    throw new EngineError({ code: "model-file-gone", name: url.slice(directory.length) });
  };
}

/** The cache of files that are on the disk already. */
export const NOTHING_CACHED: FileCache = {
  match: () => Promise.resolve(undefined),
  put: () => Promise.resolve(),
  delete: () => Promise.resolve(),
};

const isReadable = (file: File): Promise<boolean> =>
  file
    .slice(0, 1)
    .arrayBuffer()
    .then(
      () => true,
      () => false,
    );
