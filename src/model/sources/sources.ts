import { invalid } from "../../shared/json-reader.ts";
import { GGUF_SOURCE } from "./gguf/gguf-source.ts";
import { createMlcSource } from "./mlc/mlc-source.ts";
import type { ModelSource } from "./source.ts";

/**
 * The sources of models. The first one that matches an address reads it; MLC's matches every address and is the last.
 * To add a source, implement `ModelSource` in a folder beside this file, and name it here.
 */
export const SOURCES: readonly ModelSource[] = [GGUF_SOURCE, createMlcSource()];

/**
 * The source that reads the model at an address.
 *
 * @throws EngineError `model-invalid` for an address that no source knows
 */
export function sourceOf(url: string, sources: readonly ModelSource[] = SOURCES): ModelSource {
  const source = sources.find(({ matches }) => matches(url));
  if (source === undefined) throw invalid(url, "is no address of a model");
  return source;
}

/**
 * The one spelling of a model's address.
 *
 * @throws EngineError `model-invalid` for what cannot be an address
 */
export const modelAddress = (url: string): string => sourceOf(url).address(url);
