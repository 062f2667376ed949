/** @file How much an error in the rows of each layer changes what the model predicts. A basis is weighted by it. */

import {
  noiseSensitivity,
  type NoisyConversation,
  type Sensitivity,
} from "../../engine/learn/noise-sensitivity.ts";
import type { NoiseShape } from "../../engine/learn/row-noise.ts";
import type { Weightings } from "../../kv/basis/model-weightings.ts";
import { SINK_TOKENS } from "../../kv/cache/chunk-layout.ts";
import { seededRandom } from "../../linalg/matrix.ts";
import { nextTokenDistance } from "../../kv/quality/next-token-distance.ts";
import { assert } from "../../shared/assert.ts";
import { at } from "../../shared/at.ts";
import type { CacheProbe } from "../cache-probe.ts";

/** Tokens at a chat's end that are run on top of the noise. */
const JUDGED_TOKENS = 32;

/**
 * Sensitivity of the model to noise in all rows of a layer's K or V behind the sinks. It is the mean over chats.
 *
 * @param chats tokens of each chat, which has more than are judged
 */
export async function measureSensitivity(
  probe: CacheProbe,
  chats: readonly (readonly number[])[],
  { weightings, shape, layers }: { weightings: Weightings; shape: NoiseShape; layers: number },
): Promise<Sensitivity> {
  const terms = { weightings, shape, random: seededRandom(1) };
  const measured: Sensitivity[] = [];
  for (const tokens of chats) {
    const conversation = await noisyChat(probe, tokens, { shape, layers });
    const sensitivity = await noiseSensitivity(conversation, terms);
    assert(sensitivity !== undefined, "nothing interrupts a calibration");
    measured.push(sensitivity);
  }
  return {
    keys: meanByLayer(measured.map(({ keys }) => keys)),
    values: meanByLayer(measured.map(({ values }) => values)),
  };
}

/** A chat whose rows get noise in the probe's cache. Its last tokens are run on top of them to judge the noise. */
async function noisyChat(
  probe: CacheProbe,
  tokens: readonly number[],
  { shape, layers }: { shape: NoiseShape; layers: number },
): Promise<NoisyConversation> {
  const sinkBytes = SINK_TOKENS * 4 * shape.kvHeads * shape.headDim;
  const end = tokens.length - JUDGED_TOKENS;
  probe.forget();
  await probe.fill(tokens.slice(0, end));
  const exact = await probe.save();
  const right = await probe.replay(tokens.slice(end));
  return {
    layers,
    readRows: (layer) =>
      Promise.resolve([{ start: SINK_TOKENS, rows: at(exact.layers, layer).slice(sinkBytes) }]),
    judge: async (layer, noisy) => {
      const rows = at(exact.layers, layer).slice();
      for (const one of noisy) rows.set(one.rows, sinkBytes);
      probe.putBack({ tokens: exact.tokens, layers: exact.layers.with(layer, rows) });
      const logits = await probe.replay(tokens.slice(end));
      const distances = right.map((one, i) => nextTokenDistance(one, at(logits, i)).kl);
      return distances.reduce((sum, value) => sum + value, 0) / distances.length;
    },
  };
}

/** The mean over chats, for each layer. @param chats one number for each layer, of each chat */
function meanByLayer(chats: readonly (readonly number[])[]): number[] {
  const [first = []] = chats;
  return first.map(
    (_, layer) => chats.reduce((sum, one) => sum + at(one, layer), 0) / chats.length,
  );
}
