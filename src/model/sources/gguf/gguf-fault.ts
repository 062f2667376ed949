import { EngineError } from "../../../shared/engine-error.ts";
import { invalid } from "../../../shared/json-reader.ts";

/** What can be wrong with a GGUF file. The names are stable: tests and reports tell faults apart by them. */
export type GgufFault =
  | "empty"
  | "magic"
  | "byte-order"
  | "version"
  | "header-size"
  | "truncated-header"
  | "truncated-metadata"
  | "truncated-tensor-infos"
  | "truncated-data"
  | "metadata-count"
  | "metadata-key"
  | "metadata-type"
  | "metadata-value"
  | "string-length"
  | "array-count"
  | "nested-array"
  | "alignment"
  | "tensor-count"
  | "tensor-rank"
  | "tensor-size"
  | "tensor-type"
  | "tensor-offset"
  | "tensor-alignment"
  | "tensor-overlap"
  | "tensor-duplicate"
  | "tensor-missing"
  | "tensor-unexpected"
  | "tensor-shape"
  | "tensor-values"
  | "head-counts"
  | "vocabulary-size"
  | "split-part";

/** The refusal of a GGUF file, with the name of its fault and a sentence about it. */
export function ggufInvalid(url: string, fault: GgufFault, detail: string): EngineError {
  const { failure } = invalid(url, detail);
  return new EngineError(failure.code === "model-invalid" ? { ...failure, fault } : failure);
}
