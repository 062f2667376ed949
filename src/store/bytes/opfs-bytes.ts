import type { StoredBytes } from "../records/chunk-record.ts";
import { withStorageFailures } from "../database/storage-failure.ts";
import { loadFromRecord, type ValueBytes } from "./value-bytes.ts";

/** Gives the directory. With `again` it is opened anew, as it may have been removed since. */
type OpenDirectory = (again?: boolean) => Promise<FileSystemDirectoryHandle>;

/** The part of `FileSystemSyncAccessHandle` that is used here. TypeScript declares it for workers only. */
interface SyncAccessHandle {
  read(into: Uint8Array): number;
  write(from: Uint8Array): number;
  getSize(): number;
  close(): void;
}

interface OpfsFile extends FileSystemFileHandle {
  createSyncAccessHandle(options?: { mode: "read-only" | "readwrite" }): Promise<SyncAccessHandle>;
}

/**
 * Stores each value in a file of its own in OPFS, the origin private file system, and its record names the file.
 * Works in workers only.
 */
export function opfsBytes(openDirectory: OpenDirectory): ValueBytes {
  const open = async (name: string) =>
    (await (await openDirectory()).getFileHandle(name)) as OpfsFile;
  const create = async (name: string, again: boolean) =>
    (await (await openDirectory(again)).getFileHandle(name, { create: true })) as OpfsFile;
  const discard = async (files: readonly string[]) => {
    await Promise.all(files.map(async (name) => removeFile(await openDirectory(), name)));
  };

  return {
    stage: (bytes) =>
      withStorageFailures(async () => {
        const name = crypto.randomUUID();
        const file = await create(name, false).catch(() => create(name, true));
        try {
          await writeAll(file, bytes);
        } catch (error) {
          await discard([name]);
          throw error;
        }
        return { file: name };
      }),
    load: async (stored: StoredBytes) =>
      "file" in stored ? loadFile(() => open(stored.file)) : loadFromRecord(stored),
    discard,
  };
}

async function writeAll(file: OpfsFile, bytes: Uint8Array): Promise<void> {
  const access = await file.createSyncAccessHandle();
  try {
    if (access.write(bytes) < bytes.length)
      throw new DOMException("the file is shorter than what was written", "QuotaExceededError");
  } finally {
    access.close();
  }
}

/** Exceptions that mean that a file is lost or cannot be read. */
const UNREADABLE = new Set(["NotFoundError", "NotReadableError", "InvalidStateError"]);

async function loadFile(
  open: () => Promise<OpfsFile>,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return await readAll(await open());
  } catch (error) {
    if (error instanceof DOMException && UNREADABLE.has(error.name)) return undefined;
    throw error;
  }
}

async function readAll(file: OpfsFile): Promise<Uint8Array<ArrayBuffer>> {
  const access = await openToRead(file);
  if (!access) return new Uint8Array(await (await file.getFile()).arrayBuffer());
  try {
    const bytes = new Uint8Array(access.getSize());
    return bytes.subarray(0, access.read(bytes));
  } finally {
    access.close();
  }
}

/** Undefined if another reader has the file open and the browser allows only one at a time. */
async function openToRead(file: OpfsFile): Promise<SyncAccessHandle | undefined> {
  try {
    return await file.createSyncAccessHandle({ mode: "read-only" });
  } catch (error) {
    if (error instanceof DOMException && error.name === "NoModificationAllowedError")
      return undefined;
    throw error;
  }
}

/** Removes a file. If that fails, `sweepFiles` removes it later. */
async function removeFile(directory: FileSystemDirectoryHandle, name: string): Promise<void> {
  await directory.removeEntry(name).catch(() => undefined);
}

/** No commit takes this long. So a file that is older, and that no record names, belongs to no commit. */
const ORPHAN_MS = 60 * 60 * 1000;

/** Removes files that a crash or a lost database left behind: old ones that are not in `named`. */
export async function sweepFiles(
  openDirectory: OpenDirectory,
  named: ReadonlySet<string>,
  nowMs: number = Date.now(),
): Promise<void> {
  const directory = await openDirectory();
  for await (const [name, handle] of directory.entries()) {
    if (named.has(name)) continue;
    const { lastModified } = await (handle as FileSystemFileHandle).getFile();
    if (nowMs - lastModified > ORPHAN_MS) await removeFile(directory, name);
  }
}

/** Opens a directory of OPFS at the first call, and makes it if there is none. */
export function opfsDirectory(name: string): OpenDirectory {
  let opened: Promise<FileSystemDirectoryHandle> | undefined;
  return (again = false) => {
    if (!opened || again) {
      opened = openInRoot(name);
      opened.catch(() => (opened = undefined));
    }
    return opened;
  };
}

const openInRoot = async (name: string) =>
  (await navigator.storage.getDirectory()).getDirectoryHandle(name, { create: true });

/** Whether this context can read and write files through sync access handles. Some browsers have none. */
export async function hasOpfs(): Promise<boolean> {
  try {
    await navigator.storage.getDirectory();
    return "createSyncAccessHandle" in FileSystemFileHandle.prototype;
  } catch {
    return false;
  }
}
