import { refuseUnsupportedSharing } from "./kv-layers.ts";
import type { ModelConfig } from "./model-config.ts";
import { unsupported } from "./model-unsupported.ts";

const MAX_HEAD_DIM = 128;
/** Columns of a 4-bit matrix that share a scale. */
const QUANT_GROUP = 32;
/** Columns of a weight matrix that kernels read at a time. */
const OCTET = 8;
/** Rows of a weight matrix that an invocation computes. */
const QUAD = 4;

/**
 * Throws `model-unsupported` for a shape that the kernels cannot run.
 *
 * @param quantized whether matrices are stored as 4-bit codes
 */
export function refuseUnsupportedShape(
  config: ModelConfig,
  { quantized }: { quantized: boolean },
): void {
  refuseUnsupportedSharing(config);
  const { heads, kvHeads, headDim } = config;
  if (heads % kvHeads !== 0) throw unsupported("shape", `${heads} heads on ${kvHeads} KV heads`);
  if (headDim % OCTET !== 0 || headDim > MAX_HEAD_DIM)
    throw unsupported("shape", `head dimension ${headDim}`);
  if (config.vocab % QUAD !== 0)
    throw unsupported("shape", `vocabulary of ${config.vocab}, not a multiple of ${QUAD}`);
  // The inputs of a product: a row must be whole groups where it is quantized, and whole vectors otherwise.
  const step = quantized ? QUANT_GROUP : OCTET;
  const inputs = { hidden: config.hidden, ffn: config.ffn, attention: heads * headDim };
  for (const [name, size] of Object.entries(inputs))
    if (size % step !== 0)
      throw unsupported("shape", `${name} size ${size}, not a multiple of ${step}`);
}
