import { describe } from "vitest";
import { engineConformance } from "../protocol/engine-api.conformance.ts";
import { createEngine } from "./create-engine.ts";

describe("the engine of our own", () => {
  engineConformance({
    create: () => createEngine(),
    model: { url: `${location.origin}/models/pip-4.7m/mlc-q0f16/` },
    missing: { url: `${location.origin}/models/none/` },
  });
});
