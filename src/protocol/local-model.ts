/**
 * @file Addresses of models in local files: `local:NAME?size=N&modified=MS`.
 *
 * They name a file, or the configuration in a folder, well enough to tell it from others, and to remember it from one visit to the next. They lead to no
 * file: whoever loads such a model also hands over the `File`.
 */

/** What an address says of a file. A `File` has all of it. */
export interface LocalFile {
  name: string;
  /** Bytes. */
  size: number;
  /** When it was changed last, in ms since 1970. */
  lastModified: number;
}

const SCHEME = "local:";

/** Letters of the longest name that an address may have. File systems allow 255. */
const MAX_NAME_LETTERS = 1024;

/** Whether this is the address of a local file, well-formed or not. */
export const isLocalModel = (url: string): boolean => url.startsWith(SCHEME);

/** The address of the model in a local file. For a model in several parts, it is that of the first: see `firstPartOf`. */
export function localModelAddress({ name, size, lastModified }: LocalFile): string {
  // A name may hold half of a surrogate pair, which cannot be encoded. As UTF-8 it becomes U+FFFD.
  const wellFormed = new TextDecoder().decode(new TextEncoder().encode(name));
  const spelled = encodeURIComponent(wellFormed.slice(0, MAX_NAME_LETTERS));
  return `${SCHEME}${spelled}?size=${size}&modified=${lastModified}`;
}

/** What the address of a local file says of it; undefined for anything else. */
export function localModelOf(url: string): LocalFile | undefined {
  const [, spelled = "", size, modified] =
    /^local:([^?#/]+)\?size=(\d{1,15})&modified=(-?\d{1,15})$/.exec(url) ?? [];
  const name = decoded(spelled);
  if (name === undefined || name === "" || name.length > MAX_NAME_LETTERS) return undefined;
  return { name, size: Number(size), lastModified: Number(modified) };
}

/** The file by which a folder in MLC's layout is known. */
export const FOLDER_CONFIG = "mlc-chat-config.json";

/** Letters of a folder's name that its address has. File systems allow no more. */
const MAX_FOLDER_LETTERS = 255;

/**
 * The address of the model in a folder. It is that of its configuration, with the folder before its name:
 * `local:FOLDER%2Fmlc-chat-config.json?…`. No file alone has such a name, as none has a slash in it.
 */
export const folderModelAddress = (
  folder: string,
  { size, lastModified }: Omit<LocalFile, "name">,
): string => {
  const name = `${folder.slice(0, MAX_FOLDER_LETTERS)}/${FOLDER_CONFIG}`;
  return localModelAddress({ name, size, lastModified });
};

/** The name of the folder that an address speaks of; undefined for any other address. */
export function localFolderOf(url: string): string | undefined {
  const name = localModelOf(url)?.name;
  const ending = `/${FOLDER_CONFIG}`;
  return name?.endsWith(ending) ? name.slice(0, -ending.length) : undefined;
}

/** What the addresses of a folder's files begin with. They only tell one file from another. */
export const folderDirectory = (folder: string): string =>
  `${SCHEME}///${encodeURIComponent(folder)}/`;

/** The name of the folder that a file with this address lies in; undefined for any other address. */
export function folderOfFile(url: string): string | undefined {
  const [, spelled] = /^local:\/\/\/([^/]+)\//.exec(url) ?? [];
  return spelled === undefined ? undefined : decoded(spelled);
}

function decoded(spelled: string): string | undefined {
  try {
    return decodeURIComponent(spelled);
  } catch {
    return undefined;
  }
}

/** The part of a model that a file name speaks of: `name-00001-of-00003.gguf`. */
const PART = /-(\d{5})-of-(\d{5})\.gguf$/i;

/** The file that stands for all of them: the first part of a model in several, or the only file. */
export const firstPartOf = <T extends { name: string }>(files: readonly T[]): T | undefined =>
  files.find(({ name }) => Number(PART.exec(name)?.[1] ?? 1) === 1);
