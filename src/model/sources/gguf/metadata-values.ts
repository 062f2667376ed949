import { shortened } from "../../../shared/json-reader.ts";
import { MAX_KEY_BYTES, MAX_LIST_LENGTH, MAX_METADATA, MAX_STRING_BYTES } from "./gguf-limits.ts";
import type { GgufScalar, GgufValue } from "./gguf-metadata.ts";
import type { HeaderCursor } from "./header-cursor.ts";

const STRING = 8;
const ARRAY = 9;

/** How values of one type lie in a file. */
interface ScalarType {
  /** Bytes of the shortest value there is. */
  leastBytes: number;
  read: (cursor: HeaderCursor) => GgufScalar;
  skip?: (cursor: HeaderCursor) => void;
}

/** Types of values by their numbers. Source: `gguf_metadata_value_type` in the format's description (ggml/docs/gguf.md). */
const SCALARS: Readonly<Record<number, ScalarType>> = {
  0: { leastBytes: 1, read: (cursor) => cursor.u8() },
  1: { leastBytes: 1, read: (cursor) => cursor.i8() },
  2: { leastBytes: 2, read: (cursor) => cursor.u16() },
  3: { leastBytes: 2, read: (cursor) => cursor.i16() },
  4: { leastBytes: 4, read: (cursor) => cursor.u32() },
  5: { leastBytes: 4, read: (cursor) => cursor.i32() },
  6: { leastBytes: 4, read: (cursor) => cursor.f32() },
  7: { leastBytes: 1, read: (cursor) => cursor.u8() !== 0 },
  [STRING]: {
    leastBytes: 8,
    read: (cursor) => cursor.string(MAX_STRING_BYTES, "a text"),
    skip: (cursor) => {
      cursor.skipString(MAX_STRING_BYTES, "a text");
    },
  },
  10: { leastBytes: 8, read: (cursor) => cursor.u64() },
  11: { leastBytes: 8, read: (cursor) => cursor.i64() },
  12: { leastBytes: 8, read: (cursor) => cursor.f64() },
};

/**
 * Reads the metadata of a file. Lists are gone through, so that what is behind them is found, but not decoded.
 *
 * @throws EngineError `model-invalid`
 */
export function readMetadata(cursor: HeaderCursor, count: number): Map<string, GgufValue> {
  cursor.truncation = "truncated-metadata";
  const values = new Map<string, GgufValue>();
  for (let i = 0; i < count; i++) {
    const key = cursor.string(MAX_KEY_BYTES, "a key");
    if (values.has(key) || key === "")
      throw cursor.refused(
        "metadata-key",
        `the key ${JSON.stringify(shortened(key))} is there twice`,
      );
    values.set(key, readValue(cursor, key));
  }
  return values;
}

/** The number of keys. More than there may be are refused before any is read. */
export const readMetadataCount = (cursor: HeaderCursor): number =>
  cursor.count(MAX_METADATA, "metadata-count", "the number of keys");

function readValue(cursor: HeaderCursor, key: string): GgufValue {
  const type = cursor.u32();
  return type === ARRAY ? readList(cursor, key) : scalarType(cursor, type, key).read(cursor);
}

function scalarType(cursor: HeaderCursor, type: number, key: string): ScalarType {
  const scalar = SCALARS[type];
  if (scalar) return scalar;
  throw cursor.refused("metadata-type", `${shortened(key)} has type ${type}, which does not exist`);
}

function readList(cursor: HeaderCursor, key: string): GgufValue {
  const name = shortened(key);
  const type = cursor.u32();
  if (type === ARRAY) throw cursor.refused("nested-array", `${name} is a list of lists`);
  const { read: readOne, skip, leastBytes } = scalarType(cursor, type, key);
  const most = Math.min(MAX_LIST_LENGTH, Math.floor(cursor.leftBytes / leastBytes));
  const length = cursor.count(most, "array-count", `the number of entries of ${name}`);
  const start = cursor.offset;
  if (skip) for (let i = 0; i < length; i++) skip(cursor);
  else cursor.skip(length * leastBytes);
  let entries: readonly GgufScalar[] | undefined;
  // A vocabulary is asked for several times.
  const read = () => (entries ??= readEntries(cursor.at(start), length, readOne));
  return { length, read };
}

const readEntries = (
  cursor: HeaderCursor,
  length: number,
  read: ScalarType["read"],
): readonly GgufScalar[] => Array.from({ length }, () => read(cursor));
