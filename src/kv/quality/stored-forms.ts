import type { CodedShape } from "../codecs/codec.ts";
import { EXACT_CODEC } from "../codecs/exact/exact-family.ts";
import { CODECS } from "../value/codec-families.ts";
import type { CodecRegistry } from "../value/codec-registry.ts";
import type { StoredForm } from "../value/stored-form.ts";
import type { CompressionCandidate } from "./quality-guard.ts";
import { ladderOf } from "./rate-ladders.ts";

/** What a candidate is stored as. Undefined for rows as they are. Throws for a rate that no family has. */
export function storedForm(
  { codec, map: { pairs } }: CompressionCandidate,
  shape: CodedShape,
  codecs: CodecRegistry = CODECS,
): StoredForm | undefined {
  if (codec === EXACT_CODEC) return undefined;
  return { codecOf: ladderOf(codec, codecs).codecOf(codec, shape), pairs };
}

/** The codecs of the forms that these families store most often. @param families their names */
export const usualCodecs = (
  shape: CodedShape,
  families: ReadonlySet<string | undefined>,
  codecs: CodecRegistry = CODECS,
): string[] =>
  codecs.families.flatMap(({ name, ladder }) => {
    if (!ladder || !families.has(name)) return [];
    const codecOf = ladder.codecOf(ladder.usual, shape);
    return [...new Set(Array.from({ length: shape.layers }, (_, layer) => codecOf(layer)))];
  });
