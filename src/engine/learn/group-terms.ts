import type { GroupTerms } from "../../kv/basis/choose-groups.ts";
import type { Hardware } from "../../device/device.ts";
import type { ModelConfig } from "../../model/model-config.ts";
import type { ModelInfo } from "../../protocol/engine-api.ts";

/**
 * What a multiplication of decoding takes, in those of prefill. The processor multiplies weights in 8 bits, and rows in
 * 32. On a GPU both products are in the same numbers.
 */
const DECODING_FACTORS: Readonly<Record<Hardware["kind"], number>> = { gpu: 1, processor: 3 };

/** What the choice of a basis' groups depends on, of a model on a device. */
export function groupTermsOf({
  config: { layers, hidden, heads, kvHeads, headDim, ffn },
  info: { weightBytes },
  hardware: { kind },
}: {
  config: Pick<ModelConfig, "layers" | "hidden" | "heads" | "kvHeads" | "headDim" | "ffn">;
  info: Pick<ModelInfo, "weightBytes">;
  hardware: Pick<Hardware, "kind">;
}): GroupTerms {
  const attention = (2 * heads + 2 * kvHeads) * headDim;
  return {
    weightBytes,
    prefillMultiplications: layers * hidden * (attention + 3 * ffn),
    decodingFactor: DECODING_FACTORS[kind],
  };
}
