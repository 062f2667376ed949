import fc from "fast-check";
import { expect, test } from "vitest";
import type { EngineStatus } from "../../protocol/engine-api.ts";
import type { EngineFailure } from "../../protocol/errors.ts";
import { failureDetails, type DetailSources } from "./failure-details.ts";

const model = {
  url: "https://example.org/SmolLM2/",
  name: "SmolLM2",
  architecture: "llama",
  quantization: "q4f16_1",
  contextTokens: 4096,
  weightBytes: 1,
  gpuBytes: 1,
  tokenizer: "t",
  sampling: { temperature: 1, topP: 1, repetitionPenalty: 1 },
  adapter: "apple metal-3",
  device: "gpu",
} as const;

const sources = (failure: EngineFailure, more: Partial<DetailSources> = {}): DetailSources => ({
  failure,
  status: { phase: "ready", model },
  wanted: { url: model.url, name: model.name },
  build: "https://rekindle.example/assets/index-Ab12_-x.js?x#y",
  userAgent: "Mozilla/5.0 Chrome/156",
  adapter: undefined,
  ...more,
});

test("the details say what failed, and on what", () => {
  const failure = {
    code: "model-http-error",
    url: "https://private.example/a",
    status: 404,
  } as const;
  expect(failureDetails(sources(failure))).toBe(
    [
      "Failure: model-http-error, status 404",
      "Page: index-Ab12_-x.js",
      "Browser: Mozilla/5.0 Chrome/156",
      "Model: SmolLM2 (llama, q4f16_1)",
      "Engine: ready, gpu",
      "Adapter: apple metal-3",
    ].join("\n"),
  );
  const died = { code: "worker-died", worker: "store", message: "TypeError: x is not y" } as const;
  expect(failureDetails(sources(died))).toContain("worker-died, worker store, TypeError\n");
  const unsupported = { code: "model-unsupported", what: "architecture", found: "mamba" } as const;
  expect(failureDetails(sources(unsupported))).toContain("what architecture, found mamba");
});

test("a model that never loaded is named, but no file of the person's", () => {
  const status: EngineStatus = { phase: "failed", failure: { code: "busy" } };
  const found = failureDetails(sources({ code: "busy" }, { status, adapter: "nvidia ada" }));
  expect(found).toContain("Model: SmolLM2\nEngine: failed\nAdapter: nvidia ada");
  const wanted = { url: "local:my-diary.gguf?size=1&modified=2", name: "my-diary.gguf" };
  const local = failureDetails(sources({ code: "busy" }, { status, wanted }));
  expect(local).toContain("Model: a local file");
  expect(local).not.toContain("diary");
});

/** Text of a person's, as it may be quoted by an error or be in an address: words, a title, a path. */
const anyText = fc.constantFrom(
  "Zebedee is ill",
  "TypeError: Zebedee is no name",
  "/home/zebedee/chat.json",
  "https://example.org/zebedee",
  'Unexpected token Z, "Zebedee" is not valid JSON',
);

test("no text, title, address or path ever gets in, whatever failed", () => {
  const anyFailure = fc.record({
    code: fc.constantFrom("worker-died", "store-unavailable", "model-invalid", "device-lost"),
    message: anyText,
    url: anyText,
    detail: anyText,
    name: anyText,
    found: anyText,
    expected: anyText,
    reason: anyText,
    worker: anyText,
    nested: fc.record({ text: anyText }),
    status: fc.nat(),
  });
  fc.assert(
    fc.property(anyFailure, (failure) => {
      const found = failureDetails({ ...sources({ code: "busy" }), failure });
      expect(found).not.toMatch(/zebedee/i);
    }),
  );
});
