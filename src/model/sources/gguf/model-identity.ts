import { sha256 } from "hash-wasm";
import type { IndexRange } from "../../../shared/index-range.ts";
import type { ReadFile } from "./read-model.ts";

/** Bytes of each sample: the end of one tensor, and the beginning of the next. */
const SAMPLE_BYTES = 1024;

/** Samples that are read at a time. */
const AT_A_TIME = 16;

/**
 * A hash in hex that is equal only for equal weights. A GGUF file has no checksums, and to hash all of a large file
 * would take as long as to load it. So it covers the header, the length and what the server has for the state of the
 * file; for a local file the last and the first KiB of every tensor are hashed instead. Two models whose headers agree
 * and whose tensors differ, such as two trained further from one, differ in all tensors.
 */
export async function modelIdentity(files: readonly ReadFile[]): Promise<string> {
  const parts: unknown[] = [];
  for (const read of files) {
    const { file, bytes } = read;
    const content = file.validator ?? (await sampleHash(read));
    parts.push([await sha256(bytes), file.bytes, content]);
  }
  return sha256(JSON.stringify(parts));
}

async function sampleHash({ file, tensors, bytes }: ReadFile): Promise<string> {
  const places = [...tensors.map(({ start }) => start), tensors.at(-1)?.end ?? bytes.length];
  const ranges = places.map((at): IndexRange => ({
    start: Math.max(bytes.length, at - SAMPLE_BYTES),
    end: Math.min(file.bytes, at + SAMPLE_BYTES),
  }));
  const hashes: string[] = [];
  for (let i = 0; i < ranges.length; i += AT_A_TIME)
    hashes.push(
      ...(await Promise.all(
        ranges
          .slice(i, i + AT_A_TIME)
          .filter(({ start, end }) => start < end)
          .map(async (range) => sha256(await file.slice(range))),
      )),
    );
  return sha256(hashes.join(""));
}
