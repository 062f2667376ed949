import { openAsBlob } from "node:fs";
import { basename } from "node:path";
import { ModelFiles } from "../../../src/downloads/fetch-files.ts";
import { NO_CACHE } from "../../../src/model/testing.ts";
import type { ModelDescription } from "../../../src/model/sources/source.ts";
import { sourceOf } from "../../../src/model/sources/sources.ts";
import { localModelAddress } from "../../../src/protocol/local-model.ts";

/** What the file that is measured says of its model: the file at `LOCAL_MODEL`. */
export function describeFile(): Promise<ModelDescription> {
  described ??= describe(process.env["LOCAL_MODEL"] ?? "");
  return described;
}

let described: Promise<ModelDescription> | undefined;

async function describe(path: string): Promise<ModelDescription> {
  const file = new File([await openAsBlob(path)], basename(path));
  const { signal } = new AbortController();
  const files = new ModelFiles({ fetch, cache: NO_CACHE, timing: undefined }, signal);
  const address = localModelAddress(file);
  const { description } = await sourceOf(address).find(address, {
    files,
    localFiles: [file],
    maxDownloadBytes: Infinity,
  });
  return description;
}
