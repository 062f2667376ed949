import { hasHadamard } from "../../../../shaders/rows/precondition-keys.ts";
import { assert } from "../../../shared/assert.ts";
import type { CodedShape, RateLadder } from "../codec.ts";
import { ROW_CODEC_NAMES, rowCodec, type RowCodecName } from "./row-codec.ts";

const INT8 = "int8-k-channel-v-token";
const INT4 = "int4-hadamard-k-channel-v-token";
const INT3 = "int3-k-channel-v-token";
const INT2 = "int2-hadamard-k-channel-v-token";

interface RowRate {
  /** What it costs with most models, as mean KL in nats (measured with SmolLM2 and Pip). */
  kl: number;
  /** The codec of most layers. */
  most: RowCodecName;
  /** The codec of the last quarter of the layers. */
  last: RowCodecName;
}

/**
 * What each rate is stored as, from the fewest bytes to the most, by measurement (compression.bench.ts). Where
 * there are two codecs, the finer one is for the last quarter of the layers, which decide the next token: as
 * good as int4 throughout in fewer bytes.
 */
const RATES: Readonly<Record<string, RowRate>> = {
  int2: { kl: 0.13, most: INT2, last: INT2 },
  "int2-int4": { kl: 0.06, most: INT2, last: INT4 },
  "int3-int4": { kl: 0.012, most: INT3, last: INT4 },
  int4: { kl: 0.0026, most: INT4, last: INT4 },
  int8: { kl: 0.00002, most: INT8, last: INT8 },
};

export const ROW_LADDER: RateLadder = {
  rates: Object.keys(RATES),
  safe: "int8",
  usual: "int8",
  expectedKl: (rate) => rateNamed(rate).kl,
  expectedShare(rate) {
    const { most, last } = rateNamed(rate);
    return (0.75 * bitsOf(most) + 0.25 * bitsOf(last)) / 16;
  },
  codecOf(rate, shape) {
    const codecs = rateNamed(rate);
    const most = suited(codecs.most, shape);
    const last = suited(codecs.last, shape);
    return (layer) => (layer < 0.75 * shape.layers ? most : last);
  },
};

/** Bits of a number; a scale and an offset for each group of 64 are half a bit. */
const bitsOf = (name: RowCodecName): number => rowCodec(name).bits + 0.5;

function rateNamed(rate: string): RowRate {
  const found = RATES[rate];
  assert(found !== undefined, `rows have no rate ${rate}`);
  return found;
}

/**
 * The codec of the same bits that suits the keys. Heads that no Hadamard matrix fits take one without it. Biased keys
 * take one that keeps them without their position.
 */
function suited(name: RowCodecName, { headDim, biasedKeys = false }: CodedShape): RowCodecName {
  const { bits, hadamard } = rowCodec(name);
  const found = ROW_CODEC_NAMES.map(rowCodec).find(
    (codec) =>
      codec.bits === bits &&
      codec.hadamard === (hadamard && hasHadamard(headDim)) &&
      codec.unrope === biasedKeys,
  );
  assert(found !== undefined, `there is no codec like ${name}`);
  return found.name;
}
