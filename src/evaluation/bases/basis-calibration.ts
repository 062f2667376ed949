/** @file What a basis needs to know of a model besides how its rows vary: what an error in them does. */

import type { Weightings } from "../../kv/basis/model-weightings.ts";
import { SINK_TOKENS } from "../../kv/cache/chunk-layout.ts";
import { seededRandom } from "../../linalg/matrix.ts";
import { nextTokenDistance } from "../../model/next-token-distance.ts";
import type { Sensitivity } from "../../engine/learn/layer-sensitivity.ts";
import type { CacheProbe } from "../cache-probe.ts";
import { withNoise, type NoiseShape } from "../../engine/learn/row-noise.ts";

/** Tokens at a chat's end that are run on top of the noise. */
const JUDGED_TOKENS = 32;

/**
 * Measured by noise in all rows of one layer's K or V behind the sinks. The mean over chats.
 *
 * @param chats of more tokens than are judged
 */
export async function measureSensitivity(
  probe: CacheProbe,
  chats: readonly (readonly number[])[],
  { weightings, shape, layers }: { weightings: Weightings; shape: NoiseShape; layers: number },
): Promise<Sensitivity> {
  const random = seededRandom(1);
  const sums = {
    keys: Array<number>(layers).fill(0),
    values: Array<number>(layers).fill(0),
  };
  const sinks = SINK_TOKENS * 4 * shape.kvHeads * shape.headDim;
  for (const tokens of chats) {
    const end = tokens.length - JUDGED_TOKENS;
    probe.forget();
    await probe.fill(tokens.slice(0, end));
    const exact = await probe.save();
    const right = await probe.replay(tokens.slice(end));
    for (const side of ["keys", "values"] as const)
      for (let layer = 0; layer < layers; layer++) {
        const old = exact.layers[layer]?.slice(sinks) ?? new Uint8Array();
        const noise = { side, layer, weightings, shape, start: SINK_TOKENS, random };
        const { rows, variance } = withNoise(old, noise);
        const noisy = exact.layers[layer]?.slice() ?? new Uint8Array();
        noisy.set(rows, sinks);
        probe.putBack({ tokens: exact.tokens, layers: exact.layers.with(layer, noisy) });
        const logits = await probe.replay(tokens.slice(end));
        const distances = right.map((one, i) => nextTokenDistance(one, logits[i] ?? one).kl);
        const kl = distances.reduce((sum, value) => sum + value, 0) / distances.length;
        sums[side][layer] = (sums[side][layer] ?? 0) + kl / variance / chats.length;
      }
  }
  return sums;
}
