/** @file The codec families there are. A new one is a folder of src/kv/codecs and a line here. */

import type { CodecFamily } from "../codecs/codec.ts";
import { exactFamily } from "../codecs/exact/exact-family.ts";
import { rowFamily } from "../codecs/rows/row-family.ts";
import { transformFamily } from "../codecs/transform/transform-family.ts";
import { CodecRegistry } from "./codec-registry.ts";

/** The families, from the fewest bytes to the most: levels try them in this order. */
export const CODEC_FAMILIES: readonly CodecFamily[] = [transformFamily, rowFamily, exactFamily];

export const CODECS = new CodecRegistry(CODEC_FAMILIES);

/** The family of a codec. Throws for a name that no codec has. */
export const familyOf = (codec: string): CodecFamily => CODECS.familyOf(codec);
