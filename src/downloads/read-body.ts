import { createMD5 } from "hash-wasm";
import { EngineError } from "../shared/engine-error.ts";
import { isLfsPointer } from "./lfs-pointer.ts";
import { TransientError } from "./retry.ts";
import type { ShardFile } from "./shard-file.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A file that is read whole. */
export interface BoundedFile {
  url: string;
  /** The most bytes that are read. Reading a longer file stops here. */
  limitBytes: number;
}

/** Reads the body of a file up to its limit, whatever the server says of its length. */
export async function readBounded(
  response: Response,
  { url, limitBytes }: BoundedFile,
  signal: AbortSignal,
): Promise<Bytes> {
  const tooLarge = new EngineError({ code: "model-file-too-large", url, limitBytes });
  if (Number(response.headers.get("content-length")) > limitBytes) {
    await stop(response);
    throw tooLarge;
  }
  const pieces: Uint8Array[] = [];
  let found = 0;
  const broken = (cause: unknown): EngineError =>
    new TransientError({ code: "model-unreachable", url }, null, { cause });
  for await (const piece of piecesOf(response, signal, broken)) {
    found += piece.length;
    if (found > limitBytes) throw tooLarge;
    pieces.push(piece);
  }
  const bytes = allocate(found);
  write(pieces, bytes);
  if (isLfsPointer(bytes)) throw new EngineError({ code: "model-lfs-pointer", url });
  return bytes;
}

/** Writes pieces one after the other, from the beginning. */
function write(pieces: readonly Uint8Array[], into: Bytes): void {
  let offset = 0;
  for (const piece of pieces) {
    into.set(piece, offset);
    offset += piece.length;
  }
}

interface Reading {
  onBytes: (loaded: number) => void;
  signal: AbortSignal;
  /** The response is the browser's copy of a file, which is read at once. */
  isStored?: boolean;
}

/** Reads a whole shard, and checks it against the length and the checksum that the index names. */
export async function readShard(
  response: Response,
  shard: ShardFile,
  reading: Reading,
): Promise<Bytes> {
  const { url } = shard;
  const md5 = (await createMD5()).init();
  const bytes = await readExactly(response, shard, { ...reading, onPiece: (p) => md5.update(p) });
  const digest = md5.digest("hex");
  if (digest === shard.md5) return bytes;
  throw new EngineError({ code: "model-checksum", url, expected: shard.md5, found: digest });
}

/** Reads a body that must have so many bytes, and no more. */
export async function readExactly(
  response: Response,
  { url, nbytes }: Pick<ShardFile, "url" | "nbytes">,
  { onBytes, onPiece, signal, isStored }: Reading & { onPiece?: (piece: Uint8Array) => void },
): Promise<Bytes> {
  if (isStored && response.headers.get("content-length") === String(nbytes)) {
    const bytes = await readStored(response, { url, nbytes });
    onPiece?.(bytes);
    onBytes(bytes.length);
    return bytes;
  }
  const buffer = new ShardBuffer(nbytes);
  const truncated = () => {
    const lengths = { expectedBytes: nbytes, foundBytes: buffer.found };
    return { code: "model-truncated", url, ...lengths } as const;
  };
  const broken = (cause: unknown) => new TransientError(truncated(), null, { cause });
  for await (const piece of piecesOf(response, signal, broken)) {
    if (buffer.found === 0 && isLfsPointer(piece))
      throw new EngineError({ code: "model-lfs-pointer", url });
    buffer.push(piece);
    if (buffer.found > nbytes) throw new EngineError(truncated());
    onPiece?.(piece);
    onBytes(buffer.found);
  }
  const bytes = buffer.whole();
  if (bytes === undefined) throw new EngineError(truncated());
  return bytes;
}

/**
 * Reads the browser's copy of a file at once, which leaves nothing for the collector. Reading it piece by piece, each into
 * a buffer that is used again and again, stops for ever in one of some forty loads (Chromium 156).
 */
async function readStored(
  response: Response,
  { url, nbytes }: Pick<ShardFile, "url" | "nbytes">,
): Promise<Bytes> {
  const bytes = new Uint8Array(await response.arrayBuffer().catch(() => new ArrayBuffer(0)));
  if (isLfsPointer(bytes)) throw new EngineError({ code: "model-lfs-pointer", url });
  if (bytes.length === nbytes) return bytes;
  const lengths = { expectedBytes: nbytes, foundBytes: bytes.length };
  throw new EngineError({ code: "model-truncated", url, ...lengths });
}

/** Bytes of a shard that must have come before memory for all of it is taken, as an index may claim any length. */
const BELIEVED_AFTER_BYTES = 2 ** 20;

/** The bytes of a shard that have come so far. */
class ShardBuffer {
  /** Bytes that have come, including those beyond the shard's length, which are not kept. */
  found = 0;
  readonly #length: number;
  #first: Uint8Array[] = [];
  #bytes: Bytes | undefined;

  constructor(length: number) {
    this.#length = length;
  }

  push(piece: Uint8Array): void {
    const start = this.found;
    this.found += piece.length;
    if (this.found > this.#length) return;
    if (this.#bytes) this.#bytes.set(piece, start);
    else this.#first.push(piece);
    if (!this.#bytes && this.found >= Math.min(this.#length, BELIEVED_AFTER_BYTES))
      this.#allocate();
  }

  /** The whole shard; undefined unless all of it has come, and nothing else. */
  whole(): Bytes | undefined {
    return this.found === this.#length ? this.#bytes : undefined;
  }

  #allocate(): void {
    this.#bytes = allocate(this.#length);
    write(this.#first, this.#bytes);
    this.#first = [];
  }
}

function allocate(nbytes: number): Bytes {
  try {
    return new Uint8Array(nbytes);
  } catch (cause) {
    throw new EngineError({ code: "out-of-memory", neededBytes: nbytes }, { cause });
  }
}

/**
 * Yields the body piece by piece. A connection that breaks throws `broken`, an abort throws `cancelled`.
 */
export async function* piecesOf(
  response: Response,
  signal: AbortSignal,
  broken: (cause: unknown) => EngineError,
): AsyncGenerator<Uint8Array> {
  if (response.body === null) return;
  const reader = response.body.getReader();
  try {
    for (;;) {
      // The body of a cached response is read without the signal, so that the signal is looked at here.
      if (signal.aborted) throw new EngineError({ code: "cancelled" });
      const { done, value } = await reader.read().catch((error: unknown) => {
        throw signal.aborted ? new EngineError({ code: "cancelled" }) : broken(error);
      });
      if (done) return;
      yield value;
    }
  } finally {
    // This stops the download where reading ended early. After the end of the body it does nothing, and after an error
    // it rejects with that error.
    await reader.cancel().catch(() => undefined);
  }
}

/** Stops reading a response. A response that broke off by itself has nothing to stop. */
export async function stop(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => undefined);
}
