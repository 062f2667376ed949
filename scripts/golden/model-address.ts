import { sourceOf, SOURCES } from "../../src/model/sources/sources.ts";
import type { ModelSource } from "../../src/model/sources/source.ts";
import type { FoundModel } from "./find-models.ts";

type ModelFile = Pick<FoundModel, "file">;

/** What a source takes for the address of a model. @param folder the URL of its folder, with a final slash */
export const addressOf = ({ file }: ModelFile, folder: string): string =>
  file === undefined ? folder : folder + encodeURIComponent(file);

/**
 * Whether a source reads a model. One that reads single files keeps the file's name at the end of its spelling of the
 * address; one that takes it for a directory puts a slash behind it.
 */
export function isRead(model: ModelFile, sources: readonly ModelSource[] = SOURCES): boolean {
  if (model.file === undefined) return true;
  // It depends on the address's path alone, and not on the server's port.
  const url = addressOf(model, "http://127.0.0.1/0/");
  return !sourceOf(url, sources).address(url).endsWith("/");
}
