import type { DeviceBuffer } from "../../../device/device.ts";
import { assert } from "../../../shared/assert.ts";
import { CHUNK_TOKENS } from "../../cache/chunk-layout.ts";
import { KvCache } from "../../cache/kv-cache.ts";
import type { Bytes, CodecFamily, CoderContext } from "../codec.ts";

/** The codec that a pair's directions are stored in. */
export interface PairedCodec {
  family: CodecFamily;
  codec: string;
}

/** Codes a pair's directions, which lie where rows of a layer would, as the family codes such rows. */
export interface DirectionCoder {
  /** [CHUNK_TOKENS, 2, kvHeads, headDim] f16. */
  rows: DeviceBuffer;
  codedBytes(tokens: number): number;
  /** Submits the coding of the first tokens, as `PairCoder.encode` does. */
  encode(run: { tokens: number; skip: number }): Promise<Bytes>;
  decode(tokens: number, coded: Bytes): void;
  /** Frees the buffers, once what was submitted is done. */
  destroy(): void;
}

/**
 * A coder of the codec's family, on a cache of one layer that holds the directions.
 *
 * Throws if the codec cannot code directions (see `CodecFamily.pairedBytes`).
 */
export async function createDirectionCoder(
  { device, cache, frequencies }: CoderContext,
  { family, codec }: PairedCodec,
): Promise<DirectionCoder> {
  const { kvHeads, headDim } = cache.shape;
  const bytesOf = (tokens: number) => family.pairedBytes?.(codec, cache.shape, tokens);
  assert(bytesOf(CHUNK_TOKENS) !== undefined, `${codec} cannot code directions`);
  const shape = { layers: 1, kvHeads, headDim, contextTokens: CHUNK_TOKENS };
  const scratch = new KvCache(device, shape);
  const [rows] = scratch.layers;
  assert(rows !== undefined, "the scratch cache has a layer");
  const coder = family.createCoder({ device, cache: scratch, frequencies });
  const [encode, decode] = await Promise.all([coder.encoder([codec]), coder.decoder([codec])]);
  return {
    rows,
    codedBytes: (tokens) => bytesOf(tokens) ?? 0,
    async encode({ tokens, skip }) {
      const coded = await encode([{ layer: 0, codec }], { start: 0, tokens, skip });
      const bytes = coded.get(0);
      assert(bytes !== undefined, "a layer has bytes");
      return bytes;
    },
    decode(tokens, coded) {
      const isDecoded = decode([{ layer: 0, codec, coded }], { start: 0, tokens, skip: 0 });
      assert(isDecoded, "directions of the right length cannot be decoded");
    },
    destroy() {
      coder.destroy();
      rows.destroy();
    },
  };
}
