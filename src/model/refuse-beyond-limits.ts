import type { DeviceLimits } from "../device/device.ts";
import { EngineError } from "../shared/engine-error.ts";
import type { ModelConfig } from "./model-config.ts";
import { MAX_STEP_TOKENS } from "./forward/transformer.ts";
import { modelBytes } from "./model-bytes.ts";
import type { ModelOutline } from "./model-outline.ts";
import { unsupported } from "./model-unsupported.ts";

/** The least number of rows of a matrix that one invocation computes. */
const QUAD = 4;
/** The least number of heads of the QKV product that one workgroup takes. */
const HEADS_OF_WORKGROUP = 2;

/**
 * Throws `out-of-memory` or `model-unsupported` for a model that the device has no buffers or no dispatches for, before
 * any buffer is made. WebGPU does not tell how much memory all buffers together may take.
 */
export function refuseBeyondLimits(outline: ModelOutline, limits: DeviceLimits): void {
  const { config } = outline;
  const { bytes, largestBufferBytes } = modelBytes(outline);
  const most = Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize);
  if (Math.max(largestBufferBytes, largestStepBytes(config)) > most)
    throw new EngineError({ code: "out-of-memory", neededBytes: bytes });
  const { vocab, ffn, heads, kvHeads, headDim } = config;
  const allHeads = heads + 2 * kvHeads;
  const rows = Math.max(vocab, 2 * ffn, allHeads * headDim);
  const mostWorkgroups = limits.maxComputeWorkgroupsPerDimension;
  if (rows / QUAD > mostWorkgroups) throw unsupported("shape", `${rows} rows`);
  if ((stepTokensOf(config) * allHeads) / HEADS_OF_WORKGROUP > mostWorkgroups)
    throw unsupported("shape", `${heads} heads and ${kvHeads} KV heads`);
}

const stepTokensOf = ({ prefillChunkTokens, contextTokens }: ModelConfig): number =>
  Math.min(prefillChunkTokens, contextTokens, MAX_STEP_TOKENS);

/**
 * Bytes of the largest buffer that a step writes: its tokens' hidden states and activations, or the hidden states that
 * are kept between layers.
 */
function largestStepBytes(config: ModelConfig): number {
  const { hidden, ffn, heads, kvHeads, headDim, contextTokens } = config;
  const stepTokens = stepTokensOf(config);
  const widest = Math.max(hidden, ffn, (heads + 2 * kvHeads) * headDim);
  return 4 * Math.max(stepTokens * widest, contextTokens * hidden);
}
