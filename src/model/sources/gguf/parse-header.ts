import type { RangedFile } from "../../../downloads/ranged-file.ts";
import { isLfsPointer } from "../../../downloads/lfs-pointer.ts";
import { EngineError } from "../../../shared/engine-error.ts";
import { releaseBytes } from "../../../shared/release-bytes.ts";
import { ggufInvalid } from "./gguf-fault.ts";
import { ALIGNMENT, MAX_HEADER_BYTES } from "./gguf-limits.ts";
import { GgufMetadata } from "./gguf-metadata.ts";
import { HeaderCursor, NeedsMoreBytes } from "./header-cursor.ts";
import { readMetadata, readMetadataCount } from "./metadata-values.ts";
import { readTensorCount, readTensorInfos, type DescribedTensor } from "./tensor-infos.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What the header of a GGUF file says. */
export interface GgufHeader {
  metadata: GgufMetadata;
  /** Every tensor. Where it lies has yet to be checked: see `placeTensors`. */
  described: readonly DescribedTensor[];
  /** What the place of every tensor is a multiple of. */
  alignment: number;
  /** The header itself, up to its end. */
  bytes: Bytes;
}

/**
 * Reads the header of a file. As it does not say how long it is, it is read in steps, part by part.
 *
 * @throws EngineError `model-invalid` with a `GgufFault`, or `model-unsupported` for a type of tensors
 */
export async function readHeader(file: RangedFile): Promise<GgufHeader> {
  if (file.bytes === 0) throw ggufInvalid(file.url, "empty", "the file has no byte");
  let bytes: Bytes = new Uint8Array();
  for (const [index, { end }] of file.parts.entries()) {
    if (end > MAX_HEADER_BYTES) break;
    bytes = joined(bytes, await file.part(index));
    if (index === 0 && isLfsPointer(bytes))
      throw new EngineError({ code: "model-lfs-pointer", url: file.url });
    const header = parseHeader(bytes, file);
    if (header) return header;
  }
  throw ggufInvalid(file.url, "header-size", `the header has more than ${MAX_HEADER_BYTES} bytes`);
}

/** Both together, in place of them. */
function joined(first: Bytes, second: Bytes): Bytes {
  if (first.length === 0) return second;
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  releaseBytes(first.buffer);
  releaseBytes(second.buffer);
  return both;
}

/**
 * Reads a header out of the beginning of a file.
 *
 * @returns undefined if the header goes on behind these bytes
 */
function parseHeader(
  bytes: Bytes,
  { url, bytes: fileBytes }: Pick<RangedFile, "url" | "bytes">,
): GgufHeader | undefined {
  try {
    return parse(new HeaderCursor(bytes, { url, fileBytes }), bytes);
  } catch (error) {
    if (error instanceof NeedsMoreBytes) return undefined;
    throw error;
  }
}

/** Source: the format's description, ggml/docs/gguf.md. Versions 2 and 3 differ in nothing that is read here. */
function parse(cursor: HeaderCursor, bytes: Bytes): GgufHeader {
  refuseOtherFormats(cursor);
  const tensorCount = readTensorCount(cursor);
  const metadataCount = readMetadataCount(cursor);
  const metadata = new GgufMetadata(readMetadata(cursor, metadataCount), cursor.url);
  const described = readTensorInfos(cursor, tensorCount);
  const alignment = readAlignment(metadata);
  return { metadata, described, alignment, bytes: bytes.subarray(0, cursor.offset) };
}

/** "GGUF", little-endian. */
const MAGIC = 0x46554747;
const VERSIONS = [2, 3];

function refuseOtherFormats(cursor: HeaderCursor): void {
  const magic = cursor.u32();
  if (magic !== MAGIC) throw cursor.refused("magic", "the file does not begin with GGUF");
  const version = cursor.u32();
  if (VERSIONS.includes(version)) return;
  if (VERSIONS.some((known) => known * 2 ** 24 === version))
    throw cursor.refused("byte-order", "the file is big-endian");
  throw cursor.refused("version", `version ${version} of GGUF is not read here`);
}

function readAlignment(metadata: GgufMetadata): number {
  const { step, min, max, absent } = ALIGNMENT;
  const key = "general.alignment";
  const alignment = metadata.integer(key, { min: 0, max: Number.MAX_SAFE_INTEGER }, absent);
  if (alignment >= min && alignment <= max && alignment % step === 0) return alignment;
  throw ggufInvalid(
    metadata.url,
    "alignment",
    `${key} is ${alignment}, not a multiple of ${step} up to ${max}`,
  );
}
