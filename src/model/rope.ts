import { at } from "../shared/at.ts";
import type { Llama3Scaling, ModelConfig } from "./model-config.ts";

/**
 * RoPE's angle per position for each pair of a head's channels, [headDim / 2], in radians.
 *
 * Source: RoFormer, arXiv:2104.09864; the stretching is Llama 3.1's.
 */
export function ropeFrequencies({
  headDim,
  rope,
}: Pick<ModelConfig, "headDim" | "rope">): number[] {
  const { theta, scaling } = rope;
  return Array.from({ length: headDim / 2 }, (_, d) => {
    const frequency = theta ** ((-2 * d) / headDim);
    if (scaling === null) return frequency;
    if (scaling.type === "factors") return frequency / at(scaling.factors, d);
    return stretch(frequency, scaling);
  });
}

/**
 * Stretches one frequency. Wavelengths that are short against the original context stay, long ones grow by `factor`,
 * and those between change smoothly.
 */
function stretch(frequency: number, scaling: Llama3Scaling): number {
  const { factor, lowFreqFactor, highFreqFactor, originalContextTokens } = scaling;
  const turns = (originalContextTokens / (2 * Math.PI)) * frequency;
  const raw = (turns - lowFreqFactor) / (highFreqFactor - lowFreqFactor);
  const smooth = Math.min(Math.max(raw, 0), 1);
  return ((1 - smooth) * frequency) / factor + smooth * frequency;
}
