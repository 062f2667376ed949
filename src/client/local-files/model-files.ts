import { FOLDER_CONFIG, firstPartOf } from "../../protocol/local-model.ts";

/** A file that a person has dropped or picked. */
export interface HandedFile {
  file: File;
  /** Leads to the file at a later visit. Only some browsers give one. */
  handle?: FileSystemFileHandle | undefined;
  /** The name of the folder that it lies in, if that was handed over as a whole. */
  folder?: string | undefined;
}

/** Why files were not taken for a model. */
export type FileRefusal =
  /** Nothing that was handed over is a file. */
  | { is: "nothing" }
  | { is: "other-kind"; name: string }
  | { is: "several-models" }
  /** The folder has no configuration of a model in MLC's layout. */
  | { is: "no-model-folder"; name: string }
  | { is: "missing-parts"; found: number; parts: number }
  /** It is called `.gguf`, and its first bytes are those of something else. */
  | { is: "no-gguf"; name: string }
  /** The browser cannot read it, as with a folder, or a file that has gone since. */
  | { is: "unreadable"; name: string };

export type ChosenFiles =
  | { is: "chosen"; files: readonly [HandedFile, ...HandedFile[]] }
  | { is: "refused"; refusal: FileRefusal };

/** A folder that holds a model in MLC's layout. */
export interface ModelFolder {
  is: "folder";
  name: string;
  config: File;
  files: readonly File[];
}

/**
 * The model in a folder; undefined where no folder was handed over.
 *
 * MF5 A folder is a model if an `mlc-chat-config.json` lies in it. Whether the other files are there shows as they are
 *     read.
 * MF6 A folder is handed over alone.
 */
export function chooseFolder(
  handed: readonly HandedFile[],
): ModelFolder | { is: "refused"; refusal: FileRefusal } | undefined {
  const name = handed.find(({ folder }) => folder !== undefined)?.folder;
  if (name === undefined) return undefined;
  if (handed.some(({ folder }) => folder !== name)) return refused({ is: "several-models" });
  const files = handed.map(({ file }) => file);
  const config = files.find((file) => file.name === FOLDER_CONFIG);
  return config ? { is: "folder", name, config, files } : refused({ is: "no-model-folder", name });
}

const PART = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/i;

/**
 * The files of one model, its first part first.
 *
 * MF1 Nothing is no model.
 * MF2 Every file has to be called `.gguf`.
 * MF3 One file that is no part of another is a model.
 * MF4 Several files are one model if they are parts of the same, all of them and each once, in any order.
 */
export function chooseModelFiles(handed: readonly HandedFile[]): ChosenFiles {
  const [first] = handed;
  if (!first) return refused({ is: "nothing" });
  const other = handed.find(({ file }) => !/\.gguf$/i.test(file.name));
  if (other) return refused({ is: "other-kind", name: other.file.name });
  const [, base, , count] = PART.exec(first.file.name) ?? [];
  const parts = Number(count ?? 1);
  const places = handed.map(({ file }) => {
    const [, itsBase, place, itsCount] = PART.exec(file.name) ?? [];
    return itsBase === base && itsCount === count ? Number(place ?? 1) : 0;
  });
  const isOneModel = places.every((place) => place >= 1 && place <= parts);
  if (!isOneModel || new Set(places).size < handed.length) return refused({ is: "several-models" });
  if (handed.length < parts) return refused({ is: "missing-parts", found: handed.length, parts });
  const ordered = handed.toSorted((a, b) => partOf(a) - partOf(b));
  return { is: "chosen", files: [ordered[0] ?? first, ...ordered.slice(1)] };
}

/** Reads a file's first bytes, so that what is no GGUF at all does not take the place of the model in use. */
export async function refusalOf({ file }: HandedFile): Promise<FileRefusal | undefined> {
  const { name } = file;
  try {
    const magic = await file.slice(0, 4).text();
    return magic === "GGUF" ? undefined : { is: "no-gguf", name };
  } catch {
    return { is: "unreadable", name };
  }
}

const refused = (refusal: FileRefusal): { is: "refused"; refusal: FileRefusal } => ({
  is: "refused",
  refusal,
});

const partOf = ({ file }: HandedFile): number => Number(PART.exec(file.name)?.[2] ?? 1);

/** The files themselves, and the address of the model that they are. */
export function fileToName(files: readonly File[]): File {
  const first = firstPartOf(files);
  if (!first) throw new Error("invariant: the files were chosen with their first part");
  return first;
}
