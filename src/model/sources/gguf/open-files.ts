import type { ModelFiles } from "../../../downloads/fetch-files.ts";
import { openLocalFile } from "../../../downloads/local-file.ts";
import type { RangedFile } from "../../../downloads/ranged-file.ts";
import { openRemoteFile } from "../../../downloads/remote-file.ts";
import { localModelAddress, localModelOf } from "../../../protocol/local-model.ts";
import { EngineError } from "../../../shared/engine-error.ts";
import { invalid } from "../../../shared/json-reader.ts";
import { MAX_WEIGHT_BYTES } from "../model-limits.ts";
import { ggufInvalid } from "./gguf-fault.ts";
import { MAX_SPLIT_PARTS } from "./gguf-limits.ts";
import { partName, splitName } from "./gguf-address.ts";

/**
 * Opens the files of a model: one, or the parts of a split, of which the address names the first.
 *
 * @returns them in the order of their parts
 */
export async function openRemote(files: ModelFiles, url: string): Promise<RangedFile[]> {
  const opened: RangedFile[] = [];
  for (const part of partNames(url, url))
    opened.push(await openRemoteFile(files, part, MAX_WEIGHT_BYTES));
  return opened;
}

/** The names of all parts, in order; the name itself for a file that is no part of a split. */
function partNames(name: string, url: string): string[] {
  const split = splitName(name);
  if (!split) return [name];
  const { part, count } = split;
  if (part < 1 || part > count || count > MAX_SPLIT_PARTS)
    throw ggufInvalid(url, "split-part", `there is no part ${part} of ${count}`);
  return Array.from({ length: count }, (_, index) => partName(split, index + 1));
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
  return partNames(first.name, address).map((name) => {
    const part = name === first.name ? first : files.find((file) => file.name === name);
    if (part) return openLocalFile(part, address);
    const detail = `the part ${name} is missing: all parts of a model are opened together`;
    throw ggufInvalid(address, "split-part", detail);
  });
}
