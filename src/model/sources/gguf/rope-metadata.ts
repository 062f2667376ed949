import type { ModelConfig, RopeScaling } from "../../model-config.ts";
import { unsupported } from "../../model-unsupported.ts";
import { BOUNDS } from "../model-limits.ts";
import type { ArchitectureMetadata } from "./gguf-metadata.ts";

const DEFAULT_THETA = 10_000;

/**
 * Reads RoPE. Frequencies may be divided: each by a factor of its own (Llama 3.1's stretching, which files have worked
 * out as `rope_freqs.weight`), and all by one (linear scaling).
 *
 * @param factors [headDim / 2]
 */
export function readRope(
  { metadata, keyOf }: ArchitectureMetadata,
  headDim: number,
  factors: readonly number[] | undefined,
): ModelConfig["rope"] {
  const rotated = metadata.integer(keyOf("rope.dimension_count"), BOUNDS.hidden, headDim);
  if (rotated !== headDim) throw unsupported("shape", `RoPE of ${rotated} channels of ${headDim}`);
  const theta = metadata.number(keyOf("rope.freq_base"), BOUNDS.ropeTheta, DEFAULT_THETA);
  const linear = readLinear({ metadata, keyOf });
  return { theta, scaling: scalingOf(factors, linear, headDim / 2) };
}

function scalingOf(
  factors: readonly number[] | undefined,
  linear: number,
  pairs: number,
): RopeScaling | null {
  if (!factors && linear === 1) return null;
  const each = factors ?? new Array<number>(pairs).fill(1);
  return { type: "factors", factors: each.map((factor) => factor * linear) };
}

/** The factor of linear scaling; 1 without any. Of a file that names no type, llama.cpp takes it for linear. */
function readLinear({ metadata, keyOf }: ArchitectureMetadata): number {
  const type = metadata.string(keyOf("rope.scaling.type"), "linear");
  if (type === "none") return 1;
  if (type !== "linear") throw unsupported("shape", `RoPE scaling ${type}`);
  const attention = metadata.number(keyOf("rope.scaling.attn_factor"), BOUNDS.ropeFactor, 1);
  if (attention !== 1) throw unsupported("shape", `RoPE with attention factor ${attention}`);
  const key = ["rope.scaling.factor", "rope.scale_linear"].map(keyOf).find((k) => metadata.has(k));
  const factor = key === undefined ? 1 : metadata.number(key, { ...BOUNDS.ropeFactor, min: 0 });
  // Files have 0 for none.
  return factor === 0 ? 1 : factor;
}
