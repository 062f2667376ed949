/** The folder in the origin private file system that copies lie in. */
const FOLDER = "rekindle-model-files";

/** Room that has to be left over: the browser's own count of what is used comes late. */
const SPARE_BYTES = 16e6;

export type CopyFailure =
  /** The browser grants the page too little room. */
  | { is: "no-room"; neededBytes: number; freeBytes: number }
  | { is: "cancelled" }
  | { is: "failed" };

interface CopyOptions {
  signal: AbortSignal;
  /** Told how many bytes of all files have been written. */
  onBytes: (bytes: number) => void;
}

/** The part of `StorageManager` that is used here. */
type Storage = Pick<StorageManager, "estimate" | "getDirectory">;

/** Copies of model files in the origin private file system, under names of their own. */
export class FileCopies {
  readonly #storage: Storage | undefined;

  /** `navigator.storage` is missing where the page came over plain http. */
  constructor(storage = (navigator as { readonly storage?: Storage }).storage) {
    this.#storage = storage;
  }

  /** Whether this browser can write copies from a page at all. */
  get isPossible(): boolean {
    return this.#storage !== undefined && "createWritable" in FileSystemFileHandle.prototype;
  }

  /**
   * Copies files, all or none of them.
   *
   * @returns their names, in the same order, or why there are none
   */
  async copy(files: readonly File[], { signal, onBytes }: CopyOptions) {
    const tooMuch = await this.#tooMuch(files);
    if (tooMuch) return tooMuch;
    const names: string[] = [];
    let written = 0;
    const onPiece = (bytes: number) => onBytes((written += bytes));
    try {
      for (const file of files) {
        const name = crypto.randomUUID();
        names.push(name);
        await this.#copyOne(file, name, { signal, onBytes: onPiece });
      }
      return { is: "copied", names } as const;
    } catch (error) {
      await this.remove(names);
      return this.#failure(error, { files, isCancelled: signal.aborted });
    }
  }

  /** @throws DOMException if it is not there */
  async file(name: string): Promise<File> {
    const folder = await this.#folder();
    return (await folder.getFileHandle(name)).getFile();
  }

  async remove(names: readonly string[]): Promise<void> {
    const folder = await this.#folder();
    await Promise.allSettled(names.map((name) => folder.removeEntry(name)));
  }

  /** Removes every copy but these: what is left of one that a crash has interrupted. */
  async removeOthers(names: ReadonlySet<string>): Promise<void> {
    const folder = await this.#folder();
    const found: string[] = [];
    for await (const name of folder.keys()) if (!names.has(name)) found.push(name);
    await this.remove(found);
  }

  async #copyOne(file: File, name: string, { signal, onBytes }: CopyOptions): Promise<void> {
    const handle = await (await this.#folder()).getFileHandle(name, { create: true });
    const counted = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(piece, controller) {
        controller.enqueue(piece);
        onBytes(piece.byteLength);
      },
    });
    const source = file.stream().pipeThrough(counted);
    await source.pipeTo(await handle.createWritable(), { signal });
  }

  async #tooMuch(files: readonly File[]): Promise<CopyFailure | undefined> {
    const neededBytes = bytesOfAll(files);
    const { quota, usage } = (await this.#storage?.estimate().catch(() => undefined)) ?? {};
    if (quota === undefined || usage === undefined) return undefined;
    const freeBytes = Math.max(0, quota - usage - SPARE_BYTES);
    return neededBytes > freeBytes ? { is: "no-room", neededBytes, freeBytes } : undefined;
  }

  async #failure(
    error: unknown,
    { files, isCancelled }: { files: readonly File[]; isCancelled: boolean },
  ): Promise<CopyFailure> {
    if (isCancelled) return { is: "cancelled" };
    const isFull = error instanceof DOMException && error.name === "QuotaExceededError";
    if (!isFull) return { is: "failed" };
    const neededBytes = bytesOfAll(files);
    return (await this.#tooMuch(files)) ?? { is: "no-room", neededBytes, freeBytes: 0 };
  }

  async #folder(): Promise<FileSystemDirectoryHandle> {
    if (!this.#storage) throw new DOMException("no private file system", "SecurityError");
    return (await this.#storage.getDirectory()).getDirectoryHandle(FOLDER, { create: true });
  }
}

export const bytesOfAll = (files: readonly { size: number }[]): number =>
  files.reduce((sum, { size }) => sum + size, 0);
