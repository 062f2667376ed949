import { EngineError } from "../shared/engine-error.ts";
import { shortened } from "../shared/json-reader.ts";

/** The failure of a model that is sound, but that this engine cannot run. */
export const unsupported = (
  what: "architecture" | "quantization" | "shape",
  found: string,
): EngineError => new EngineError({ code: "model-unsupported", what, found: shortened(found) });
