import { EngineError } from "../shared/engine-error.ts";
import { invalid } from "../shared/json-reader.ts";
import { checkedLength, fileState } from "./content-range.ts";
import type { Piece, PlannedFile } from "./download-plan.ts";
import { isLfsPointer } from "./lfs-pointer.ts";
import type { Asking } from "./make-plan.ts";
import type { PieceWriter } from "./piece-store.ts";
import { piecesOf, stop } from "./read-body.ts";
import { requestFile } from "./request-file.ts";
import { TransientError, withRetries } from "./retry.ts";

/** A connection over which nothing has come for so long is given up, and another one made. */
const STALL_MS = 30_000;

interface WantedPiece {
  file: PlannedFile;
  piece: Piece;
  /** Where it is fetched from: the file as it is in one commit, if the server has such. */
  source: string;
}

/**
 * Fetches what is missing of a piece, and writes it as it comes. Where a connection breaks, the next request begins
 * behind the last byte that came; as long as each brings something, there may be any number of them. Every request is
 * made at the file's own address, as the signed ones that it leads to do not last.
 *
 * @param onBytes told how many bytes of the piece are there
 * @throws EngineError `model-changed` where the server has another file now
 */
export async function fetchPiece(
  wanted: WantedPiece,
  writer: PieceWriter,
  asking: Asking,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const { start, end } = wanted.piece;
  if (writer.bytes > end - start) await writer.clear();
  const fetching = new PieceFetching(wanted, writer, { ...asking, onBytes });
  for (;;) {
    const before = writer.bytes;
    try {
      await withRetries(() => fetching.attempt(), asking.signal, asking.timing);
      return;
    } catch (error) {
      if (!(error instanceof TransientError) || writer.bytes <= before) throw error;
    }
  }
}

class PieceFetching {
  readonly #wanted: WantedPiece;
  readonly #writer: PieceWriter;
  readonly #asking: Asking & { onBytes: (bytes: number) => void };
  /** The server does not send parts of files. A file that is one piece then begins anew after a cut. */
  #sendsWholeOnly = false;

  constructor(
    wanted: WantedPiece,
    writer: PieceWriter,
    asking: Asking & { onBytes: (bytes: number) => void },
  ) {
    this.#wanted = wanted;
    this.#writer = writer;
    this.#asking = asking;
  }

  /** Makes one request for what is missing. */
  async attempt(): Promise<void> {
    const { start, end } = this.#wanted.piece;
    if (this.#sendsWholeOnly) await this.#writer.clear();
    const from = start + this.#writer.bytes;
    this.#asking.onBytes(this.#writer.bytes);
    if (from === end) return;
    const stall = new StallGuard(this.#asking.signal, this.#wanted.file.url);
    try {
      const response = await this.#ask(from, stall.signal);
      await this.#write(response, from, stall).catch(async (error: unknown) => {
        await stop(response);
        throw error;
      });
    } catch (error) {
      throw stall.hasStalled ? stall.failure(error) : error;
    } finally {
      stall.end();
    }
  }

  async #ask(from: number, signal: AbortSignal): Promise<Response> {
    const { source, piece, file } = this.#wanted;
    const isOnePiece = piece.start === 0 && piece.end === file.bytes;
    // A file that is fetched from its beginning to its end is asked for as a whole: any server can send that.
    const range = from === 0 && isOnePiece ? undefined : { start: from, end: piece.end };
    const { fetch } = this.#asking;
    try {
      const response = await requestFile(fetch, source, { signal, cache: "no-store", range });
      try {
        this.#check(response, range);
      } catch (error) {
        await stop(response);
        throw error;
      }
      return response;
    } catch (error) {
      const isWholeOnly = error instanceof EngineError && error.failure.code === "model-whole-only";
      if (!isWholeOnly || !isOnePiece) throw error;
      this.#sendsWholeOnly = true;
      throw new TransientError(error.failure);
    }
  }

  /** Refuses an answer that is not the range which was asked for. Another try may get the right one. */
  #check(response: Response, range: { start: number; end: number } | undefined): void {
    const { url, sha256 } = this.#wanted.file;
    try {
      if (range) checkedLength(response, range, url);
      else if (response.status !== WHOLE) throw invalid(url, "a part came in place of the file");
    } catch (error) {
      throw error instanceof EngineError ? new TransientError(error.failure) : error;
    }
    if (!range) return;
    const { bytes, validator } = fileState(response);
    const { file } = this.#wanted;
    // Where a checksum is known, it tells more than what may differ from one of the hub's servers to another.
    const isOther =
      sha256 === undefined &&
      file.validator !== undefined &&
      validator !== undefined &&
      validator !== file.validator;
    // A pointer in place of the file is recognised by its first bytes.
    const mayBePointer = range.start === 0 && bytes < MAX_POINTER_BYTES;
    if (isOther || (bytes !== file.bytes && !mayBePointer))
      throw new EngineError({ code: "model-changed", url });
  }

  async #write(response: Response, from: number, stall: StallGuard): Promise<void> {
    const { file, piece } = this.#wanted;
    const { url } = file;
    const length = piece.end - piece.start;
    const truncated = () => {
      const foundBytes = piece.start + this.#writer.bytes;
      return { code: "model-truncated", url, expectedBytes: piece.end, foundBytes } as const;
    };
    const broken = (cause: unknown) => new TransientError(truncated(), null, { cause });
    let isFirst = from === 0;
    for await (const bytes of piecesOf(response, stall.signal, broken)) {
      stall.came();
      if (isFirst && isLfsPointer(bytes)) throw new EngineError({ code: "model-lfs-pointer", url });
      isFirst = false;
      if (this.#writer.bytes + bytes.length > length) {
        await this.#writer.clear();
        throw new EngineError({ code: "model-changed", url });
      }
      await this.#writer.append(bytes);
      this.#asking.onBytes(this.#writer.bytes);
    }
    if (this.#writer.bytes < length) throw new TransientError(truncated());
  }
}

/** The status of an answer that holds a whole file. */
const WHOLE = 200;

/** A pointer of Git LFS has 130 bytes. */
const MAX_POINTER_BYTES = 1024;

/** Gives up a connection over which nothing comes any more. */
class StallGuard {
  hasStalled = false;
  readonly signal: AbortSignal;
  readonly #url: string;
  readonly #stalled = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(signal: AbortSignal, url: string) {
    this.#url = url;
    this.signal = AbortSignal.any([signal, this.#stalled.signal]);
    this.came();
  }

  /** Something has come. */
  came(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.hasStalled = true;
      this.#stalled.abort();
    }, STALL_MS);
  }

  failure(cause: unknown): EngineError {
    return new TransientError({ code: "model-unreachable", url: this.#url }, null, { cause });
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
