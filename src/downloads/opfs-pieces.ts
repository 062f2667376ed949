import type { PieceStore, PieceWriter } from "./piece-store.ts";

/** The folder of all downloads in the origin private file system. */
const ROOT = "rekindle-downloads";

/** The part of `FileSystemSyncAccessHandle` that is used here. TypeScript declares it for workers only. */
interface SyncAccessHandle {
  write(from: Uint8Array, options: { at: number }): number;
  truncate(bytes: number): void;
  getSize(): number;
  flush(): void;
  close(): void;
}

interface OpfsFile extends FileSystemFileHandle {
  createSyncAccessHandle(): Promise<SyncAccessHandle>;
}

/** A worker that was ended a moment ago may still hold a piece. So often it is asked for, and with so long between. */
const OPEN_TRIES = 20;
const OPEN_WAIT_MS = 100;

/** Pieces in files of the origin private file system. They are written in workers only, and read anywhere. */
export class OpfsPieces implements PieceStore {
  readonly #root: string;

  constructor(root = ROOT) {
    this.#root = root;
  }

  async lengths(folder: string): Promise<Map<string, number>> {
    const lengths = new Map<string, number>();
    const directory = await this.#find(folder);
    if (!directory) return lengths;
    for await (const [name, handle] of directory.entries())
      if (handle instanceof FileSystemFileHandle) lengths.set(name, (await handle.getFile()).size);
    return lengths;
  }

  async open(folder: string, name: string): Promise<PieceWriter> {
    const directory = await (await this.#all()).getDirectoryHandle(folder, { create: true });
    const file = (await directory.getFileHandle(name, { create: true })) as OpfsFile;
    return new OpfsWriter(await openToWrite(file));
  }

  async read(folder: string, name: string): Promise<Blob | undefined> {
    const directory = await this.#find(folder);
    const handle = directory && (await directory.getFileHandle(name).catch(orMissing));
    return handle?.getFile();
  }

  async remove(folder: string, name: string): Promise<void> {
    const directory = await this.#find(folder);
    await directory?.removeEntry(name).catch(orMissing);
  }

  async removeFolder(folder: string): Promise<void> {
    await (await this.#all()).removeEntry(folder, { recursive: true }).catch(orMissing);
  }

  async folders(): Promise<string[]> {
    const names: string[] = [];
    for await (const name of (await this.#all()).keys()) names.push(name);
    return names;
  }

  async #find(folder: string): Promise<FileSystemDirectoryHandle | undefined> {
    return (await this.#all()).getDirectoryHandle(folder).catch(orMissing);
  }

  async #all(): Promise<FileSystemDirectoryHandle> {
    const storage = await navigator.storage.getDirectory();
    return storage.getDirectoryHandle(this.#root, { create: true });
  }
}

class OpfsWriter implements PieceWriter {
  readonly #access: SyncAccessHandle;
  #bytes: number;

  constructor(access: SyncAccessHandle) {
    this.#access = access;
    this.#bytes = access.getSize();
  }

  get bytes(): number {
    return this.#bytes;
  }

  append(bytes: Uint8Array): void {
    const written = this.#access.write(bytes, { at: this.#bytes });
    // On a full disk Chromium returns 2^32 - 1 in place of an error, or fewer bytes.
    if (written !== bytes.length) {
      this.#access.truncate(this.#bytes);
      throw new DOMException("the file is shorter than what was written", "QuotaExceededError");
    }
    this.#bytes += written;
  }

  clear(): void {
    this.#access.truncate(0);
    this.#bytes = 0;
  }

  close(): void {
    this.#access.flush();
    this.#access.close();
  }
}

async function openToWrite(file: OpfsFile): Promise<SyncAccessHandle> {
  for (let tries = 1; ; tries++)
    try {
      return await file.createSyncAccessHandle();
    } catch (error) {
      const isHeld = error instanceof DOMException && error.name === "NoModificationAllowedError";
      if (!isHeld || tries >= OPEN_TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, OPEN_WAIT_MS));
    }
}

/** Undefined for what is not there. */
function orMissing(error: unknown): undefined {
  if (error instanceof DOMException && error.name === "NotFoundError") return undefined;
  throw error;
}
