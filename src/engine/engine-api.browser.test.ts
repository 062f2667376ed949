import { describe } from "vitest";
import { engineConformance } from "../protocol/engine-api.conformance.ts";
import { createEngine } from "./create-engine.ts";

describe.each(["gpu", "processor"] as const)("the engine of our own on the %s", (device) => {
  engineConformance({
    create: () => createEngine({ device }),
    model: { url: `${location.origin}/models/pip-4.7m/mlc-q0f16/` },
    missing: { url: `${location.origin}/models/none/` },
  });
});
