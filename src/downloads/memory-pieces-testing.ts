import type { PieceStore, PieceWriter } from "./piece-store.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Pieces in memory, which a test can see and spoil. They stay when a download is ended at any moment, as on a disk. */
export class MemoryPieces implements PieceStore {
  readonly files = new Map<string, Bytes>();
  /** Appending beyond this many bytes in all is refused, as on a full disk. */
  quotaBytes = Infinity;
  readonly #open = new Set<string>();

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
        const grown = new Uint8Array(length() + bytes.length);
        grown.set(files.get(key) ?? new Uint8Array());
        grown.set(bytes, length());
        files.set(key, grown);
      },
      clear: () => void files.delete(key),
      close: () => void this.#open.delete(key),
    };
  }
}
