import { expect, test } from "vitest";
import { fitOf, type DeviceProfile, type Fit } from "./fit.ts";
import { card, modelIn } from "./testing-devices.ts";

const GIB = 2 ** 30;

interface On {
  format?: string;
  device: DeviceProfile;
  contextTokens?: number;
  freeBytes?: number;
}

function fit(id: string, { format, device, contextTokens = 4096, freeBytes }: On): Fit {
  const [model, variant] = modelIn(id, format);
  return fitOf(model, variant, { device, contextTokens, freeBytes });
}

test("FD1: a feature is missing only where a library needs it", () => {
  const device = card(8 * GIB, { features: new Set() });
  expect(fit("gemma-2-2b-it", { device })).toEqual({
    is: "does-not-fit",
    because: { is: "feature", name: "shader-f16" },
  });
  expect(fit("gemma-2-2b-it", { device, format: "q4f32_1" })).toEqual({ is: "fits" });
  expect(fit("Qwen3-0.6B", { device })).toEqual({ is: "fits" });
});

test("FD1: a buffer is larger than the card allows", () => {
  const device = card(8 * GIB, { maxBufferBytes: 128 * 2 ** 20 });
  expect(fit("Qwen2.5-0.5B-Instruct", { device })).toEqual({ is: "fits" });
  expect(fit("Llama-3.2-1B-Instruct", { device })).toEqual({
    is: "does-not-fit",
    because: { is: "buffer", bytes: 147_750_912, allowedBytes: 134_217_728 },
  });
});

test("FD1: WebLLM's kernels need more than some cards have, and ours do not", () => {
  for (const change of [{ workgroupBytes: 16_384 }, { storageBuffers: 8 }]) {
    const device = card(8 * GIB, change);
    expect(fit("gemma-2-2b-it", { device })).toMatchObject({ because: { is: "kernels" } });
    expect(fit("Qwen3-0.6B", { device })).toEqual({ is: "fits" });
  }
});

test("FD2: memory has three states", () => {
  // 791 MiB: the weights take 663, and 4,096 tokens take 128.
  const on = (bytes: number) => fit("Llama-3.2-1B-Instruct", { device: card(bytes) });
  expect(on(GIB)).toEqual({ is: "fits" });
  expect(on(GIB / 2)).toMatchObject({
    is: "may-not-fit",
    because: { is: "memory", budgetBytes: GIB / 2 },
  });
  expect(on(GIB / 8)).toMatchObject({
    is: "does-not-fit",
    because: { is: "memory", mostBytes: GIB / 2 },
  });
});

test("FD2: a shorter context takes less", () => {
  const device = card(720 * 2 ** 20);
  expect(fit("Llama-3.2-1B-Instruct", { device }).is).toBe("may-not-fit");
  expect(fit("Llama-3.2-1B-Instruct", { device, contextTokens: 1024 })).toEqual({ is: "fits" });
});

test("FD2: of what takes nobody knows how much, nothing is promised", () => {
  const [model, variant] = modelIn("Qwen3.5-4B");
  const unknown = { ...variant };
  delete unknown.webLlm;
  expect(
    fitOf(model, unknown, { device: card(64 * GIB), contextTokens: 4096, freeBytes: undefined }),
  ).toEqual({ is: "may-not-fit", because: { is: "unknown-size" } });
  // WebLLM's own count is enough.
  expect(fit("Qwen3.5-4B", { device: card(8 * GIB) })).toEqual({ is: "fits" });
});

test("FD3: the processor is for small models of this engine", () => {
  const device = { on: "processor", speed: { weightsPerMs: 20e6 } } as const;
  expect(fit("Qwen2.5-0.5B-Instruct", { device })).toMatchObject({ is: "fits" });
  const { tokensPerSecond } = fit("Qwen2.5-0.5B-Instruct", { device }) as {
    tokensPerSecond: number;
  };
  expect(tokensPerSecond).toBeCloseTo(32.4, 1);
  expect(fit("Qwen3-1.7B", { device })).toMatchObject({
    is: "may-not-fit",
    because: { is: "slow" },
  });
  expect(fit("Llama-3.1-8B-Instruct", { device })).toEqual({
    is: "does-not-fit",
    because: { is: "processor-memory" },
  });
  expect(fit("gemma-2-2b-it", { device })).toEqual({
    is: "does-not-fit",
    because: { is: "needs-card" },
  });
});

test("FD3: before anything was measured no speed is promised", () => {
  const device = { on: "processor", speed: undefined } as const;
  expect(fit("Qwen2.5-0.5B-Instruct", { device })).toEqual({ is: "fits" });
});

test("FD4, FD5: the browser has no room, unless something else is in the way already", () => {
  const device = card(GIB);
  expect(fit("Llama-3.2-1B-Instruct", { device, freeBytes: 1e9 })).toEqual({ is: "fits" });
  expect(fit("Llama-3.2-1B-Instruct", { device, freeBytes: 1e8 })).toMatchObject({
    is: "does-not-fit",
    because: { is: "storage", freeBytes: 1e8 },
  });
  expect(fit("Llama-3.1-70B-Instruct", { device, freeBytes: 1e8 })).toMatchObject({
    because: { is: "memory" },
  });
  // Where only WebLLM's memory is known, nothing is known of the download.
  expect(fit("Qwen3.5-4B", { device: card(8 * GIB), freeBytes: 1 })).toEqual({ is: "fits" });
});
