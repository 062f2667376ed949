import { expect, test } from "vitest";
import { modelLabel } from "./model-labels.ts";

test("a model has its name, and the format of its weights where another one has the same name", () => {
  const pip = { name: "Pip", quantization: "q4f16_1" };
  expect(modelLabel(pip, { name: "SmolLM2", quantization: "q4f16_1" })).toBe("Pip");
  expect(modelLabel(pip, { name: "Pip", quantization: "q0f16" })).toBe("Pip (q4f16_1)");
  expect(modelLabel({ name: "Pip" }, pip)).toBe("Pip");
});
