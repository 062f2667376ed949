import { MAX_HEAD_DIM, VOCABULARY_UNIT } from "../protocol/runnable-models.ts";
import { refuseUnsupportedSharing } from "./kv-layers.ts";
import type { ModelConfig } from "./model-config.ts";
import { unsupported } from "./model-unsupported.ts";

/** Columns of a weight matrix that kernels read at a time. */
const OCTET = 8;

/**
 * Throws `model-unsupported` for a shape that the kernels cannot run.
 *
 * @param columnUnit what the columns of every matrix must be a multiple of, by its format. It need not be given where
 *   each row is known to be whole blocks
 */
export function refuseUnsupportedShape(
  config: ModelConfig,
  { columnUnit = OCTET }: { columnUnit?: number } = {},
): void {
  refuseUnsupportedSharing(config);
  const { heads, kvHeads, headDim } = config;
  if (heads % kvHeads !== 0) throw unsupported("shape", `${heads} heads on ${kvHeads} KV heads`);
  if (headDim % OCTET !== 0 || headDim > MAX_HEAD_DIM)
    throw unsupported("shape", `head dimension ${headDim}`);
  if (config.vocab % VOCABULARY_UNIT !== 0)
    throw unsupported(
      "shape",
      `vocabulary of ${config.vocab}, not a multiple of ${VOCABULARY_UNIT}`,
    );
  // The inputs of a product: a row must be whole groups where it is quantized, and whole vectors otherwise.
  const inputs = { hidden: config.hidden, ffn: config.ffn, attention: heads * headDim };
  for (const [name, size] of Object.entries(inputs))
    if (size % columnUnit !== 0)
      throw unsupported("shape", `${name} size ${size}, not a multiple of ${columnUnit}`);
}
