import { openAsBlob } from "node:fs";
import { basename } from "node:path";
import { ModelFiles } from "../../../src/downloads/fetch-files.ts";
import { NO_CACHE } from "../../../src/model/testing.ts";
import type { ModelDescription } from "../../../src/model/sources/source.ts";
import { sourceOf } from "../../../src/model/sources/sources.ts";
import { localModelAddress } from "../../../src/protocol/local-model.ts";

/** What a GGUF file says of its model. Vite has to load this module, as those it imports have shaders. */
export async function describeFileAt(path: string): Promise<ModelDescription> {
  const file = new File([await openAsBlob(path)], basename(path));
  const { signal } = new AbortController();
  const files = new ModelFiles({ fetch, cache: NO_CACHE, timing: undefined }, signal);
  const address = localModelAddress(file);
  const { description } = await sourceOf(address).find(address, {
    files,
    localFiles: [file],
    openDownloaded: () => Promise.resolve(undefined),
    maxDownloadBytes: Infinity,
  });
  return description;
}
