import { ggufFileUrl, isGgufUrl } from "../../../downloads/model-url.ts";
import { splitName } from "../../../downloads/split-names.ts";
import { isLocalModel, localFolderOf, localModelOf } from "../../../protocol/local-model.ts";
import { invalid } from "../../../shared/json-reader.ts";
import { decoded, displayName } from "../model-name.ts";

/** Whether an address is that of a GGUF file: a local one, or one whose path says so. */
export const isGgufAddress = (url: string): boolean =>
  isLocalModel(url) ? localFolderOf(url) === undefined : isGgufUrl(url);

/**
 * The one spelling of a file's address.
 *
 * @throws EngineError `model-invalid` for what is no address of a file
 */
export function ggufAddress(url: string): string {
  if (!isLocalModel(url)) return ggufFileUrl(url);
  if (localModelOf(url)) return url;
  throw invalid(url, "is no address of a local file");
}

/** What a model is called after its file, where the file itself does not say. */
export function nameOfFile(address: string): string {
  const path = localModelOf(address)?.name ?? decoded(new URL(address).pathname);
  const file = path.slice(path.lastIndexOf("/") + 1);
  return displayName(splitName(file)?.stem ?? file.replace(/\.gguf$/i, ""));
}
