/**
 * @file Where the bytes of downloads lie: in files that only grow. How long a piece is says how far it has come, so that
 * nothing has to be noted while bytes come, and a page that is closed at any moment has lost none.
 */

type Bytes = Uint8Array<ArrayBuffer>;

/** A piece that is being written. Nobody else may write it meanwhile. */
export interface PieceWriter {
  /** Bytes that are there. */
  readonly bytes: number;
  /** @throws DOMException `QuotaExceededError` where the browser gives no more room */
  append(bytes: Uint8Array): void | Promise<void>;
  /** Begins again with nothing. */
  clear(): void | Promise<void>;
  close(): void | Promise<void>;
}

/** Pieces by the folder of their download and by name. */
export interface PieceStore {
  /** Bytes of every piece in a folder. */
  lengths(folder: string): Promise<ReadonlyMap<string, number>>;
  open(folder: string, name: string): Promise<PieceWriter>;
  /** A finished piece, whose bytes stay where they are until they are read; undefined if it is not there. */
  read(folder: string, name: string): Promise<Blob | undefined>;
  remove(folder: string, name: string): Promise<void>;
  /** Removes a folder with all pieces. */
  removeFolder(folder: string): Promise<void>;
  /** Names of all folders. */
  folders(): Promise<string[]>;
}

/** Bytes that are read of a blob at a time. */
const READ_BYTES = 2 ** 20;

/** The bytes of a blob, one part after the other, in memory that is the caller's. */
export async function* bytesOf(blob: Blob): AsyncGenerator<Bytes> {
  for (let start = 0; start < blob.size; start += READ_BYTES)
    yield new Uint8Array(await blob.slice(start, start + READ_BYTES).arrayBuffer());
}
