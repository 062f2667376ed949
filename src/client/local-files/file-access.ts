/** @file What the browser knows of files outside the page. TypeScript does not declare these calls, as few have them. */

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
}

/**
 * The files of a drop, with handles where the browser gives them.
 *
 * The items are gone once the event was handled, so all of them are asked for before anything is awaited.
 */
export function droppedFiles(
  items: Iterable<DroppedItem>,
): Promise<{ file: File; handle?: FileSystemFileHandle }[]> {
  const dropped = [...items].filter(({ kind }) => kind === "file");
  const asked = dropped.map((item) => ({
    file: item.getAsFile(),
    handle: item.getAsFileSystemHandle?.().catch(() => null),
  }));
  return Promise.all(
    asked.map(async ({ file, handle: promised }) => {
      const handle = await promised;
      const isFile = handle?.kind === "file";
      return file ? [isFile ? { file, handle: handle as FileSystemFileHandle } : { file }] : [];
    }),
  ).then((files) => files.flat());
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
