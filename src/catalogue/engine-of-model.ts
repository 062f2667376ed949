import {
  MAX_HEAD_DIM,
  QUANTIZATIONS,
  RUNNABLE_ARCHITECTURES,
  VOCABULARY_UNIT,
} from "../protocol/runnable-models.ts";
import type { BaseModel } from "./base-model.ts";

/** Which engine runs a model: that of this project, or WebLLM's. */
export type ModelEngine = "rekindle" | "webllm";

/** Why the engine of this project does not run a model. */
export type NotOwn =
  | { is: "architecture"; found: string }
  | { is: "format"; found: string }
  /** Channels of a head. */
  | { is: "head-size"; found: number }
  /** Rows of the embedding. */
  | { is: "vocabulary"; found: number }
  /** It makes vectors of texts, and does not chat. */
  | { is: "embedding" };

/**
 * Why the engine of this project does not run a model of MLC's; undefined if it does. The loader checks the same, and
 * more, by the model's own files.
 *
 * @param format of the weights, as mlc-llm names it
 */
export function whyNotOwn(
  { goodFor, shape }: Pick<BaseModel, "goodFor" | "shape">,
  format: string,
): NotOwn | undefined {
  const { architecture, headDim, vocab } = shape;
  if (goodFor.includes("embedding")) return { is: "embedding" };
  if (!RUNNABLE_ARCHITECTURES.some((name) => name === architecture))
    return { is: "architecture", found: architecture };
  if (!QUANTIZATIONS.some((name) => name === format)) return { is: "format", found: format };
  if (headDim !== null && headDim > MAX_HEAD_DIM) return { is: "head-size", found: headDim };
  if (vocab !== null && vocab % VOCABULARY_UNIT !== 0) return { is: "vocabulary", found: vocab };
  return undefined;
}
