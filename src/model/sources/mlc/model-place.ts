import type { ModelFiles } from "../../../downloads/fetch-files.ts";
import { fetchFromFolder } from "../../../downloads/folder-files.ts";
import {
  FOLDER_CONFIG,
  folderDirectory,
  folderModelAddress,
  localFolderOf,
} from "../../../protocol/local-model.ts";
import { EngineError } from "../../../shared/engine-error.ts";
import { directoryName, displayName } from "../model-name.ts";
import type { FindOptions } from "../source.ts";

interface ModelPlace {
  files: ModelFiles;
  /** The address that those of the files begin with, with a final slash. */
  directory: string;
  /** What the model is called, for a person. */
  name: string;
  maxDownloadBytes: number;
}

/**
 * Where the files of a model are: on a server, or in a folder on the disk.
 *
 * @throws EngineError `model-file-gone` where the configuration that the address speaks of is not among the local files
 */
export function placeOf(
  url: string,
  { files, localFiles, maxDownloadBytes }: FindOptions,
): ModelPlace {
  const folder = localFolderOf(url);
  if (folder === undefined)
    return { files, directory: url, name: directoryName(url), maxDownloadBytes };
  const config = localFiles.find(({ name }) => name === FOLDER_CONFIG);
  if (!config || folderModelAddress(folder, config) !== url)
    throw new EngineError({ code: "model-file-gone", name: `${folder}/${FOLDER_CONFIG}` });
  const directory = folderDirectory(folder);
  return {
    files: files.fromDisk(fetchFromFolder(directory, localFiles)),
    directory,
    name: displayName(folder),
    maxDownloadBytes: Infinity,
  };
}
