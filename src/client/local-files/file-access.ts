/** @file What the browser knows of files outside the page. TypeScript does not declare these calls, as few have them. */

import type { HandedFile } from "./model-files.ts";

interface PermittedHandle extends FileSystemFileHandle {
  queryPermission?(descriptor: { mode: "read" }): Promise<PermissionState>;
  requestPermission?(descriptor: { mode: "read" }): Promise<PermissionState>;
}

/** Whether the file behind a handle may be read without asking. */
export async function mayRead(handle: FileSystemFileHandle): Promise<boolean> {
  const asked = await (handle as PermittedHandle).queryPermission?.({ mode: "read" });
  return asked === undefined || asked === "granted";
}

/** Asks the person whether the file may be read. It has to be called while a press of a button is handled. */
export async function askToRead(handle: FileSystemFileHandle): Promise<boolean> {
  const answer = await (handle as PermittedHandle).requestPermission?.({ mode: "read" });
  return answer === undefined || answer === "granted";
}

interface DroppedItem {
  readonly kind: string;
  getAsFile(): File | null;
  getAsFileSystemHandle?(): Promise<FileSystemHandle | null>;
  webkitGetAsEntry?(): FileSystemEntry | null;
}

/**
 * The files of a drop, with handles where the browser gives them, and those that lie in a folder of it.
 *
 * The items are gone once the event was handled, so all of them are asked for before anything is awaited.
 */
export function droppedFiles(items: Iterable<DroppedItem>): Promise<HandedFile[]> {
  const dropped = [...items].filter(({ kind }) => kind === "file");
  const asked = dropped.map((item) => ({
    file: item.getAsFile(),
    entry: item.webkitGetAsEntry?.(),
    handle: item.getAsFileSystemHandle?.().catch(() => null),
  }));
  return Promise.all(
    asked.map(async ({ file, entry, handle: promised }) => {
      if (entry?.isDirectory) return filesOfFolder(entry as FileSystemDirectoryEntry);
      const handle = await promised;
      const isFile = handle?.kind === "file";
      return file ? [isFile ? { file, handle: handle as FileSystemFileHandle } : { file }] : [];
    }),
  ).then((files) => files.flat());
}

/** Files of a dropped folder that are looked at. Published models have less than a hundred. */
const MAX_FOLDER_FILES = 2000;

/** The files that lie in a dropped folder, without those of further folders in it. */
async function filesOfFolder(folder: FileSystemDirectoryEntry): Promise<HandedFile[]> {
  const reader = folder.createReader();
  const files: HandedFile[] = [];
  // The browser names some of them at a time, and none in the end.
  for (;;) {
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (entries.length === 0 || files.length > MAX_FOLDER_FILES) break;
    const there = entries.filter(({ isFile }) => isFile) as FileSystemFileEntry[];
    for (const entry of there) {
      const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
      files.push({ file, folder: folder.name });
    }
  }
  return files.length > 0 ? files : [emptyFolder(folder.name)];
}

/** The files that lie in a picked folder, without those of further folders in it. */
export function pickedFolder(picked: Iterable<File>): HandedFile[] {
  const files = [...picked];
  const folder = files[0]?.webkitRelativePath.split("/")[0] ?? "";
  const there = files.filter(
    ({ name, webkitRelativePath }) => webkitRelativePath === `${folder}/${name}`,
  );
  return there.length > 0 ? there.map((file) => ({ file, folder })) : [emptyFolder(folder)];
}

/** What stands for a folder in which no file lies, so that it can be named where it is refused. */
const emptyFolder = (folder: string): HandedFile => ({ file: new File([], ""), folder });

/** Whether a person can pick folders in this browser. */
export function takesFolders(page: object = globalThis): boolean {
  const { HTMLInputElement: input } = page as { HTMLInputElement?: { prototype: object } };
  return input !== undefined && "webkitdirectory" in input.prototype;
}

type Picker = (options: object) => Promise<FileSystemFileHandle[]>;

/** Lets a person pick files and gives their handles. Undefined in browsers that only have `<input type=file>`. */
export function filePicker(
  page: object = window,
): (() => Promise<{ file: File; handle: FileSystemFileHandle }[]>) | undefined {
  const { showOpenFilePicker: pick } = page as { showOpenFilePicker?: Picker };
  if (!pick) return undefined;
  return async () => {
    const handles = await pick.call(page, {
      multiple: true,
      types: [{ description: "GGUF models", accept: { "application/octet-stream": [".gguf"] } }],
    });
    return Promise.all(handles.map(async (handle) => ({ file: await handle.getFile(), handle })));
  };
}
