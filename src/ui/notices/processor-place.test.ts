import { expect, test } from "vitest";
import { oneThreadSentence, processorPlace } from "./processor-place.ts";

test("where a model runs is said of the processor alone", () => {
  expect(processorPlace({ device: "gpu" })).toBeUndefined();
  expect(processorPlace({ device: "processor", threads: 4 })).toBe("on the processor, 4 threads");
  expect(processorPlace({ device: "processor", threads: 1 })).toBe("on the processor, 1 thread");
});

test("a page that keeps threads away says why, and what to do", () => {
  expect(oneThreadSentence({ crossOriginIsolated: true, isSecureContext: true })).toBeUndefined();
  const sentences = [true, false].map((isSecureContext) =>
    oneThreadSentence({ crossOriginIsolated: false, isSecureContext }),
  );
  expect(sentences[0]).toContain("without the headers");
  expect(sentences[1]).toContain("https");
  for (const sentence of sentences) expect(sentence).toMatch(/^Only one thread.*hosting\.md.*\.$/);
});
