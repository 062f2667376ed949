/** @file What a download consists of, as the repository's index says it. */

import { sha256 } from "hash-wasm";
import type { IndexRange } from "../shared/index-range.ts";
import type { FileKey } from "./file-cache.ts";

/** A file of weights. */
export interface PlannedFile {
  /** Where the engines look for it: in a repository, at the revision that was asked for, such as `main`. */
  url: string;
  bytes: number;
  /** In lower-case hex, as are all checksums; undefined where nobody tells. */
  md5: string | undefined;
  sha256: string | undefined;
  /** As in `FileState`; undefined where the file has checksums. */
  validator: string | undefined;
}

/** A file that is read whole, and kept in Cache Storage: a configuration, a tokenizer. */
export interface PlannedText {
  key: FileKey;
  /** Undefined where the server has not told. */
  bytes: number | undefined;
  /** Its absence is no failure. */
  isOptional: boolean;
}

/** What has to be here until a model can be loaded without a network. */
export interface DownloadPlan {
  /**
   * MLC's shards go to Cache Storage one by one, where both engines look for them. A GGUF file stays where it was
   * downloaded to.
   */
  format: "mlc" | "gguf";
  /** The commit that all files are of; undefined where the server names none. */
  revision: string | undefined;
  files: readonly PlannedFile[];
  texts: readonly PlannedText[];
  /** Of a model of MLC: the index of its shards, which is kept last, as it says that all are here. */
  index: { key: FileKey; text: string } | undefined;
}

const MIB = 2 ** 20;

/** Bytes of a piece of a GGUF file. Each is fetched by one request, unless it breaks off, and lies in a file of its own. */
const PIECE_BYTES = 32 * MIB;

/** A part of a file that is fetched by itself, from its beginning to its end. */
export interface Piece extends IndexRange {
  /** It is another for another content of the file, so that contents are never mixed. */
  name: string;
}

/** The pieces of a file, in order: a shard is one piece. */
export async function piecesOf(
  file: PlannedFile,
  format: DownloadPlan["format"],
): Promise<Piece[]> {
  const id = await idOf(file);
  const length = format === "mlc" ? file.bytes : PIECE_BYTES;
  const pieces: Piece[] = [];
  for (let start = 0; start < file.bytes; start += length)
    pieces.push({
      start,
      end: Math.min(start + length, file.bytes),
      name: `${id}-${pieces.length}`,
    });
  return pieces;
}

/** A short name of a file with this content, in hex. Where checksums say what it is, nothing else counts. */
export async function idOf({ url, bytes, ...content }: PlannedFile): Promise<string> {
  const { md5, sha256: sum, validator } = content;
  const known = sum === undefined && md5 === undefined ? [validator] : [md5, sum];
  return (await sha256(JSON.stringify([url, bytes, ...known]))).slice(0, 24);
}

export const weightBytes = ({ files }: DownloadPlan): number =>
  files.reduce((sum, { bytes }) => sum + bytes, 0);
