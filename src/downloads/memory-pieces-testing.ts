import type { PieceStore, PieceWriter } from "./piece-store.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Pieces in memory, which a test can see and spoil. They stay when a download is ended at any moment, as on a disk. */
export class MemoryPieces implements PieceStore {
  readonly files = new Map<string, Bytes>();
  /** Appending beyond this many bytes in all is refused, as on a full disk. */
  quotaBytes = Infinity;
  readonly #open = new Set<string>();
  readonly #buffers = new Map<string, Bytes>();

  lengths(folder: string): Promise<Map<string, number>> {
    const own = [...this.files].filter(([key]) => key.startsWith(`${folder}/`));
    return Promise.resolve(
      new Map(own.map(([key, { length }]) => [key.slice(folder.length + 1), length])),
    );
  }

  open(folder: string, name: string): Promise<PieceWriter> {
    const key = `${folder}/${name}`;
    if (this.#open.has(key)) throw new DOMException("is open", "NoModificationAllowedError");
    this.#open.add(key);
    return Promise.resolve(this.#writer(key));
  }

  read(folder: string, name: string): Promise<Blob | undefined> {
    const bytes = this.files.get(`${folder}/${name}`);
    return Promise.resolve(bytes && new Blob([bytes]));
  }

  remove(folder: string, name: string): Promise<void> {
    this.files.delete(`${folder}/${name}`);
    return Promise.resolve();
  }

  removeFolder(folder: string): Promise<void> {
    for (const key of this.files.keys()) if (key.startsWith(`${folder}/`)) this.files.delete(key);
    return Promise.resolve();
  }

  folders(): Promise<string[]> {
    return Promise.resolve([
      ...new Set([...this.files.keys()].map((key) => key.split("/")[0] ?? "")),
    ]);
  }

  /** A buffer of at least so many bytes, with those of the piece in it. It doubles, so that copying takes little. */
  #room(key: string, bytes: number): Bytes {
    const buffer = this.#buffers.get(key) ?? new Uint8Array();
    if (buffer.length >= bytes) return buffer;
    const larger = new Uint8Array(2 ** Math.ceil(Math.log2(bytes)));
    larger.set(buffer);
    this.#buffers.set(key, larger);
    return larger;
  }

  #writer(key: string): PieceWriter {
    const { files } = this;
    const length = () => files.get(key)?.length ?? 0;
    return {
      get bytes() {
        return length();
      },
      append: (bytes) => {
        const used = [...files.values()].reduce((sum, file) => sum + file.length, 0);
        if (used + bytes.length > this.quotaBytes) throw new DOMException("", "QuotaExceededError");
        const start = length();
        const buffer = this.#room(key, start + bytes.length);
        buffer.set(bytes, start);
        files.set(key, buffer.subarray(0, start + bytes.length));
      },
      clear: () => void files.delete(key),
      close: () => void this.#open.delete(key),
    };
  }
}
