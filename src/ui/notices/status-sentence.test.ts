import { expect, test } from "vitest";
import { statusSentence } from "./status-sentence.ts";

const url = "https://example.test/model/";

test("a lost device is told while the model comes back", () => {
  expect(statusSentence({ phase: "recovering" })).toContain("device that runs the model was reset");
});

test("a tab without the model says what will happen, and what it waits for", () => {
  expect(statusSentence({ phase: "elsewhere", isAwaited: false })).toContain(
    "loaded here when you send a message",
  );
  expect(statusSentence({ phase: "elsewhere", isAwaited: true })).toContain("hands it over");
});

test("a failure leaves the status line to the alert", () => {
  expect(statusSentence({ phase: "failed", failure: { code: "busy" } })).toBe("");
});

test("a model whose template cannot be used says why, and what is done instead", () => {
  const info = { url, name: "M", architecture: "llama", quantization: "Q4_0", contextTokens: 1 };
  const sizes = {
    weightBytes: 1,
    gpuBytes: 1,
    tokenizer: "t",
    adapter: "a",
    device: "gpu" as const,
  };
  const sampling = { temperature: 1, topP: 1, repetitionPenalty: 1 };
  const model = { ...info, ...sizes, sampling };
  expect(statusSentence({ phase: "ready", model })).toBe("Ready");
  expect(
    statusSentence({ phase: "ready", model: { ...model, device: "processor", threads: 2 } }),
  ).toBe("Ready, on the processor, 2 threads");
  const faults = [
    ...(["missing", "too-long", "too-slow", "fails"] as const),
    ...(["loses-contents", "depends-on-contents", "unavailable"] as const),
  ];
  const sentences = faults.map((templateFault) =>
    statusSentence({ phase: "ready", model: { ...model, templateFault } }),
  );
  expect(new Set(sentences).size).toBe(faults.length);
  for (const sentence of sentences)
    expect(sentence).toMatch(
      /template.*Messages are written as is usual for models of its family\.$/,
    );
});
