import { hasHadamard } from "../../../../shaders/rows/precondition-keys.ts";
import { assert } from "../../../shared/assert.ts";
import type { CodedShape, RateLadder } from "../codec.ts";
import { ROW_CODEC_NAMES, rowCodec, type RowCodecName } from "./row-codec.ts";

const INT8 = "int8-k-channel-v-token";
const INT4 = "int4-hadamard-k-channel-v-token";
const INT3 = "int3-k-channel-v-token";
const INT2 = "int2-hadamard-k-channel-v-token";

interface LayerCodecs {
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
const RATES: Readonly<Record<string, LayerCodecs>> = {
  int2: { most: INT2, last: INT2 },
  "int2-int4": { most: INT2, last: INT4 },
  "int3-int4": { most: INT3, last: INT4 },
  int4: { most: INT4, last: INT4 },
  int8: { most: INT8, last: INT8 },
};

export const ROW_LADDER: RateLadder = {
  rates: Object.keys(RATES),
  // With fewer bits, hardly any conversation with Pip holds (compression.bench.ts).
  first: { balanced: "int3-int4", compact: "int2-int4" },
  usual: "int3-int4",
  codecOf(rate, shape) {
    const codecs = RATES[rate];
    if (!codecs) throw new Error(`rows have no rate ${rate}`);
    const most = suited(codecs.most, shape);
    const last = suited(codecs.last, shape);
    return (layer) => (layer < 0.75 * shape.layers ? most : last);
  },
};

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
