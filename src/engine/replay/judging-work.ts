/**
 * @file What judging forms takes, counted in multiplications, beside reading the conversation once. Attention is left
 * out on both sides, which is in favour of neither: both run tokens through the same layers.
 */

import type { ModelConfig } from "../../model/model-config.ts";

type WorkShape = Pick<
  ModelConfig,
  "layers" | "hidden" | "ffn" | "heads" | "kvHeads" | "headDim" | "vocab"
>;

export interface JudgedConversation {
  /** Tokens whose rows are coded, and come back, for every form that is judged. */
  codedTokens: number;
  /** Tokens that are run again for every form, and once more on top of the right rows. */
  replayedTokens: number;
  /** How many forms are judged. */
  judged: number;
  /** The components of K that a transform keeps of a token in all layer groups together; V has as many. */
  components: number;
  /** Layers that are transformed together. */
  groupLayers: number;
}

/** Multiplications of one token in all layers, without the head. */
function layersWork({ layers, hidden, ffn, heads, kvHeads, headDim }: WorkShape): number {
  const qkv = hidden * (heads + 2 * kvHeads) * headDim;
  const output = heads * headDim * hidden;
  return layers * (qkv + output + 3 * hidden * ffn);
}

/** Multiplications of one token when it is read in a prompt, and of one that is run again: that has its logits, too. */
export const tokenWork = (shape: WorkShape) => {
  const prefilled = layersWork(shape);
  return { prefilled, replayed: prefilled + shape.hidden * shape.vocab };
};

/** The work of judging, as a share of that of reading the coded tokens in a prompt. */
export function judgingShare(
  shape: WorkShape,
  { codedTokens, replayedTokens, judged, components, groupLayers }: JudgedConversation,
): number {
  const { prefilled, replayed } = tokenWork(shape);
  // A group's rows are multiplied by its matrix, there and back, for K and for V.
  const coding = 2 * 2 * components * groupLayers * shape.kvHeads * shape.headDim;
  const work = (1 + judged) * replayedTokens * replayed + judged * codedTokens * coding;
  return work / (codedTokens * prefilled);
}
