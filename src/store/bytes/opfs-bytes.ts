import type { StoredBytes } from "../records/chunk-record.ts";
import { withStorageFailures } from "../database/storage-failure.ts";
import { loadFromRecord, type ValueBytes } from "./value-bytes.ts";

/** `again`: the directory may have been removed since it was opened. */
type OpenDirectory = (again?: boolean) => Promise<FileSystemDirectoryHandle>;

/** TypeScript knows these in workers only. */
interface SyncAccessHandle {
  read(into: Uint8Array): number;
  write(from: Uint8Array): number;
  getSize(): number;
  close(): void;
}

interface OpfsFile extends FileSystemFileHandle {
  createSyncAccessHandle(options?: { mode: "read-only" | "readwrite" }): Promise<SyncAccessHandle>;
}

/** Each value in a file of its own, which its record names. Works in workers only. */
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

/** What a file answers that is lost, or that the browser cannot read. */
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

/** Undefined where somebody else reads the file and the browser allows one at a time. */
async function openToRead(file: OpfsFile): Promise<SyncAccessHandle | undefined> {
  try {
    return await file.createSyncAccessHandle({ mode: "read-only" });
  } catch (error) {
    if (error instanceof DOMException && error.name === "NoModificationAllowedError")
      return undefined;
    throw error;
  }
}

/** A file that cannot be removed now goes when the directory is swept. */
async function removeFile(directory: FileSystemDirectoryHandle, name: string): Promise<void> {
  await directory.removeEntry(name).catch(() => undefined);
}

/** No commit takes as long: a file that is older and not named by a record never will be. */
const ORPHAN_MS = 60 * 60 * 1000;

/** Removes the files that a crash or a lost database left behind. */
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

/** Sync access handles exist in workers, and not in every browser. */
export async function hasOpfs(): Promise<boolean> {
  try {
    await navigator.storage.getDirectory();
    return "createSyncAccessHandle" in FileSystemFileHandle.prototype;
  } catch {
    return false;
  }
}
