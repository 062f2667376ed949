import { expect, test } from "vitest";
import { cutSentence } from "./ContextCut.tsx";

test("the length of the context is said where it is known", () => {
  const model = {
    url: "",
    name: "",
    architecture: "llama",
    quantization: "q0f16",
    contextTokens: 2048,
    weightBytes: 1,
    gpuBytes: 1,
    tokenizer: "t",
    sampling: { temperature: 0, topP: 1, repetitionPenalty: 1 },
    adapter: "",
    device: "gpu" as const,
  };
  expect(cutSentence({ phase: "ready", model })).toMatch(
    /longer than its context of 2,048 tokens\.$/,
  );
  expect(cutSentence({ phase: "idle" })).toMatch(/longer than its context\.$/);
});
