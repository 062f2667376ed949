import type { Device } from "../../device/device.ts";
import { sliceCount, stepParams } from "../../../shaders/forward/attention.ts";
import { rotationTable } from "../../../shaders/forward/rope-append.ts";
import {
  stagingBuffer,
  storageBuffer,
  uploadStorage,
  uploadUniform,
} from "../../device/buffers.ts";
import type { ModelConfig } from "../model-config.ts";
import { ropeFrequencies } from "../rope.ts";

/** All buffers that a step writes, allocated once for the longest step. */
export type Scratch = ReturnType<typeof allocateScratch>;

export function allocateScratch(device: Device, config: ModelConfig, stepTokens: number) {
  const { hidden, ffn, heads, kvHeads, headDim, vocab, contextTokens } = config;
  const floats = (label: string, size: number) => storageBuffer(device, label, size * 4);
  const slices = sliceCount(contextTokens);
  return {
    /** The position of the first token and the number of tokens, u32 each. */
    step: uploadUniform(device, "step", Uint32Array.from(stepParams(0, 0, "prefill"))),
    tokenIds: floats("token ids", stepTokens),
    rotation: uploadStorage(
      device,
      "rotation",
      rotationTable(ropeFrequencies(config), contextTokens),
    ),
    /** The residual stream, [tokens, hidden]. */
    x: floats("x", stepTokens * hidden),
    normed: floats("normed", stepTokens * hidden),
    qkv: floats("qkv", stepTokens * (heads + 2 * kvHeads) * headDim),
    attended: floats("attended", stepTokens * heads * headDim),
    partial: floats("partial", slices * heads * headDim),
    stats: floats("stats", slices * heads * 2),
    activated: floats("activated", stepTokens * ffn),
    logits: floats("logits", vocab),
    token: floats("token", 1),
    logitsStaging: stagingBuffer(device, "logits", vocab * 4),
    tokenStaging: stagingBuffer(device, "token", 4),
  };
}
