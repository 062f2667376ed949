/**
 * @file Files that are read in parts, because they are larger than what may be in memory at a time.
 *
 * The bounds of the parts follow from the length of the file alone, so that a part is found again in a cache. The first
 * parts are short: they are all that is read of a file before it is known what the file is.
 */

import type { IndexRange } from "../shared/index-range.ts";
import { releaseBytes } from "../shared/release-bytes.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A file that is read in parts, from wherever it lies. */
export interface RangedFile {
  /** The file's address, for errors. */
  url: string;
  /** Bytes of the whole file. */
  bytes: number;
  /** What is another when the file is; undefined where only its bytes can tell. */
  validator: string | undefined;
  /** Where each part begins and ends, in bytes: one after the other, and all of the file. */
  parts: readonly IndexRange[];
  /**
   * Reads one part, into memory that is the caller's.
   *
   * @param onBytes told how many of the part's bytes are there
   * @throws EngineError `model-changed` if the file is another than at the beginning
   */
  part: (index: number, onBytes?: (loadedBytes: number) => void) => Promise<Bytes>;
  /** Reads any bytes. For a few of them, as parts are longer. */
  slice: (range: IndexRange) => Promise<Bytes>;
  /** Bytes that are yet to be downloaded. */
  missingBytes: () => Promise<number>;
}

const MIB = 2 ** 20;
const FIRST_PART_BYTES = MIB;

/** Bytes of a part, of which two are in memory at a time. Requests for less take longer in all. */
const PART_BYTES = 8 * MIB;

/** The parts of a file of so many bytes: they end after 1, 2, 4 and 8 MiB, and then every 8 MiB. */
export function partsOf(bytes: number): IndexRange[] {
  const parts: IndexRange[] = [];
  for (let start = 0; start < bytes;) {
    const length = Math.min(Math.max(start, FIRST_PART_BYTES), PART_BYTES);
    const end = Math.min(start + length, bytes);
    parts.push({ start, end });
    start = end;
  }
  return parts;
}

/** Reads any bytes of a file out of its parts. */
export async function sliceOfParts(
  { parts, part }: Pick<RangedFile, "parts" | "part">,
  { start, end }: IndexRange,
): Promise<Bytes> {
  const bytes = new Uint8Array(end - start);
  for (const [index, range] of parts.entries()) {
    if (range.end <= start || range.start >= end) continue;
    const content = await part(index);
    const from = Math.max(start, range.start);
    bytes.set(content.subarray(from - range.start, end - range.start), from - start);
    releaseBytes(content.buffer);
  }
  return bytes;
}
