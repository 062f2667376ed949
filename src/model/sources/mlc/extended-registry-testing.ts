import { ARCHITECTURES } from "../../architectures/architectures.ts";
import type { Architecture } from "../../architectures/architecture.ts";
import { LLAMA } from "../../architectures/llama.ts";
import { MLC_REGISTRY, type MlcRegistry } from "./tensor-names.ts";

/** The arithmetic of Llama under another name. */
const RENAMED_LLAMA: Architecture = { ...LLAMA, name: "renamed" };

/** An architecture with one more weight in every layer, which no kernel reads yet. */
const LLAMA_WITH_NORM: Architecture = {
  ...LLAMA,
  name: "with-norm",
  layer: [...LLAMA.layer, { role: "mlpOutputNorm", kind: "norm", shape: ({ hidden }) => [hidden] }],
};

/** The shipped registry and both of these, whose files have names of their own. */
export const EXTENDED_REGISTRY: MlcRegistry = {
  architectures: [...ARCHITECTURES, RENAMED_LLAMA, LLAMA_WITH_NORM],
  tensorNames: {
    ...MLC_REGISTRY.tensorNames,
    renamed: namesWith("block"),
    "with-norm": { ...namesWith("layer"), mlpOutputNorm: "layer{layer}.mlp_output_norm.weight" },
  },
};

function namesWith(prefix: string): Record<string, string> {
  const { first, layer, last } = LLAMA;
  return Object.fromEntries([
    ...[...first, ...last].map(({ role }) => [role, `outer.${role}.weight`]),
    ...layer.map(({ role }) => [role, `${prefix}{layer}.${role}.weight`]),
  ]) as Record<string, string>;
}
