/** @file Rows as they are in the cache: [tokens, 2, kvHeads, headDim] f16. */

import { rowBytes } from "../../cache/kv-cache.ts";
import type {
  CodecFamily,
  CoderContext,
  FamilyCoder,
  LayerDecoder,
  LayerEncoder,
} from "../codec.ts";

/** The one codec of the family, and the last rate of every ladder. */
export const EXACT_CODEC = "f16";

export const exactFamily: CodecFamily = {
  name: "f16",
  codecs: { [EXACT_CODEC]: 1 },
  isExact: true,
  needsBasis: false,
  pairedBytes: (_codec, shape, tokens) => tokens * rowBytes(shape),
  createCoder,
};

function createCoder({ cache }: CoderContext): FamilyCoder {
  const encode: LayerEncoder = async (layers, { start, tokens }) => {
    const run = { start, end: start + tokens };
    const rows = layers.map(
      async ({ layer }) => [layer, await cache.readRows(layer, run)] as const,
    );
    return new Map(await Promise.all(rows));
  };
  const decode: LayerDecoder = (layers, { start, tokens, skip }) => {
    const bytes = tokens * cache.rowBytes;
    if (layers.some(({ coded }) => coded.length !== bytes)) return false;
    if (skip < tokens)
      for (const { layer, coded } of layers)
        cache.writeRows(layer, start + skip, coded.subarray(skip * cache.rowBytes));
    return true;
  };
  return {
    encoder: () => Promise.resolve(encode),
    decoder: () => Promise.resolve(decode),
    destroy: () => undefined,
  };
}
