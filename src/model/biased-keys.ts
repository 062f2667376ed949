import { partsOf } from "../../shaders/forward/qkv-steps.ts";
import type { ModelConfig } from "./model-config.ts";

/** Whether the model adds a bias to its keys before RoPE, which `KvShape.biasedKeys` tells the codecs. */
export const hasBiasedKeys = ({ attention }: Pick<ModelConfig, "attention">): boolean =>
  partsOf(attention.steps, "bias").includes("key");
