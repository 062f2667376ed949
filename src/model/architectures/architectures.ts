import { unsupported } from "../model-unsupported.ts";
import type { Architecture } from "./architecture.ts";
import { LLAMA } from "./llama.ts";
import { MISTRAL } from "./mistral.ts";
import { QWEN2 } from "./qwen2.ts";
import { QWEN3 } from "./qwen3.ts";

/**
 * The architectures that can be run. To add one, describe it in a file of this folder and name it here; every source
 * that has such models then needs a table of the names that its files give to the weights.
 */
export const ARCHITECTURES: readonly Architecture[] = [LLAMA, MISTRAL, QWEN2, QWEN3];

/**
 * The architecture of this name.
 *
 * @throws EngineError `model-unsupported` for a name that no architecture has
 */
export function architectureOf(
  name: string,
  architectures: readonly Architecture[] = ARCHITECTURES,
): Architecture {
  const found = architectures.find((architecture) => architecture.name === name);
  if (found === undefined) throw unsupported("architecture", name);
  return found;
}
