import type { ModelFiles } from "../../../downloads/fetch-files.ts";
import { openLocalFile } from "../../../downloads/local-file.ts";
import type { RangedFile } from "../../../downloads/ranged-file.ts";
import { openRemoteFile } from "../../../downloads/remote-file.ts";
import { partNames } from "../../../downloads/split-names.ts";
import { localModelAddress, localModelOf } from "../../../protocol/local-model.ts";
import { EngineError } from "../../../shared/engine-error.ts";
import { invalid } from "../../../shared/json-reader.ts";
import { MAX_WEIGHT_BYTES } from "../model-limits.ts";
import { ggufInvalid } from "./gguf-fault.ts";

/**
 * Opens the files of a model: one, or the parts of a split, of which the address names the first.
 *
 * @returns them in the order of their parts
 */
export async function openRemote(files: ModelFiles, url: string): Promise<RangedFile[]> {
  const opened: RangedFile[] = [];
  for (const part of partsOf(url, url))
    opened.push(await openRemoteFile(files, part, MAX_WEIGHT_BYTES));
  return opened;
}

/** The names of all parts, in order. */
function partsOf(name: string, url: string): string[] {
  const names = partNames(name);
  if (names) return names;
  throw ggufInvalid(url, "split-part", "its name is that of a part which cannot be");
}

/**
 * The same for local files, which come in any order.
 *
 * @throws EngineError `model-file-gone` where the file of the address is not among them
 */
export function openLocal(address: string, files: readonly File[]): RangedFile[] {
  const named = localModelOf(address);
  if (!named) throw invalid(address, "is no address of a local file");
  const first = files.find((file) => localModelAddress(file) === address);
  if (!first) throw new EngineError({ code: "model-file-gone", name: named.name });
  return partsOf(first.name, address).map((name) => {
    const part = name === first.name ? first : files.find((file) => file.name === name);
    if (part) return openLocalFile(part, address);
    const detail = `the part ${name} is missing: all parts of a model are opened together`;
    throw ggufInvalid(address, "split-part", detail);
  });
}
