/**
 * @file Ways to store two layers together that have no kernels: the partner's rows are taken to be those of the
 * keeping layer, or are predicted from them. Merging on the sphere has kernels, see pair-coder.ts.
 */

import type { LinearMap } from "./linear-map.ts";
import {
  aliasMerge,
  f16Coder,
  predictedMerge,
  type ReferenceCoder,
  type RowMerge,
} from "./row-merges.ts";
import { dequantizeRows, quantizeRows, rowCodec } from "../../kv/codecs/rows/row-codec.ts";
import { assert } from "../../shared/assert.ts";
import type { Codec } from "./round-trip-cache.ts";
import { rotateKeys, type LayerShape } from "../rotate-keys.ts";
import { chunksOf } from "../../engine/sequence/token-ranges.ts";

/**
 * What becomes of the partner's rows: `alias` takes the keeping layer's rows, `predicted` predicts the partner's from
 * them, and `predicted+int2` also stores the prediction's error in two bits.
 */
type KeeperWay = "alias" | "predicted" | "predicted+int2";

export type PairWay = "slerp" | KeeperWay;

type RowBytes = Uint8Array<ArrayBuffer>;

/** A codec in plain loops. */
export function referenceCoder(codec: Codec, shape: LayerShape): ReferenceCoder {
  if (codec === "f16") return f16Coder;
  const code = rowCodec(codec);
  return (rows, { tokens, parts }) => {
    assert(parts === undefined, "keys and values are coded together");
    const rowBytes = rows.length / tokens;
    const decoded = new Uint8Array(rows.length);
    let bytes = 0;
    for (const { start, end } of chunksOf({ start: 0, end: tokens })) {
      const run = new Uint16Array(rows.slice(start * rowBytes, end * rowBytes).buffer);
      const coded = quantizeRows(code, run, shape, { start, skip: 0 });
      bytes += coded.length;
      const back = dequantizeRows(code, coded, shape, { start, tokens: end - start });
      decoded.set(new Uint8Array(back.buffer), start * rowBytes);
    }
    return { bytes, rows: decoded };
  };
}

interface WayParts {
  shape: LayerShape;
  /** Coder of the layer that keeps its rows. */
  keeper: ReferenceCoder;
  /** Map from the keeping layer to the other. */
  map: () => LinearMap;
}

/** The merge of two layers' rows behind the sinks. */
export function keeperMerge(way: KeeperWay, { shape, keeper, map }: WayParts): RowMerge {
  switch (way) {
    case "alias":
      return aliasMerge({ coder: keeper });
    case "predicted":
      return withoutPosition(shape, keeper, (turned) => predictedMerge([map()], { coder: turned }));
    case "predicted+int2": {
      const residual = referenceCoder("int2-k-channel-v-token", shape);
      return withoutPosition(shape, keeper, (turned) =>
        predictedMerge([map()], { coder: turned, residual }),
      );
    }
  }
}

/** Rotates keys back to position 0 for a merge, and to their positions again. The keeper codes rotated keys. */
function withoutPosition(
  shape: LayerShape,
  keeper: ReferenceCoder,
  merging: (keeper: ReferenceCoder) => RowMerge,
): RowMerge {
  const back = (rows: RowBytes) => rotateKeys(rows, shape, -1);
  const forth = (rows: RowBytes) => rotateKeys(rows, shape, 1);
  const merge = merging((rows, rowShape) => {
    const coded = keeper(forth(rows), rowShape);
    return { bytes: coded.bytes, rows: back(coded.rows) };
  });
  return {
    name: merge.name,
    merge(layers, rowShape) {
      const merged = merge.merge(layers.map(back), rowShape);
      return { bytes: merged.bytes, layers: merged.layers.map(forth) };
    },
  };
}
