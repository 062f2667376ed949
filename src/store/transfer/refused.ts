import type { EngineFailure } from "../../protocol/errors.ts";
import { EngineError } from "../../shared/engine-error.ts";

type Refusal = Extract<EngineFailure, { code: "import-refused" }>;

/** Why a file is not imported, as an error. */
export const refused = (why: Refusal["why"]): EngineError =>
  new EngineError({ code: "import-refused", why });
