import { expect, test } from "vitest";
import { ALL_MODELS } from "./all-models.ts";
import { isShown, shownEntries, type ShownEntry } from "./shown-entries.ts";
import { card } from "./testing-devices.ts";

const GIB = 2 ** 30;

function shown(features: string[], contextTokens = 4096): ShownEntry[] {
  const device = card(2 * GIB, { features: new Set(features) });
  return shownEntries(ALL_MODELS, { device, freeBytes: undefined, contextTokens });
}

const entry = (id: string, entries: ShownEntry[]): ShownEntry => {
  const found = entries.find(({ model }) => model.id === id);
  if (!found) throw new Error(`there is no ${id}`);
  return found;
};

test("a model is offered in the format that fits: without f16 in another one", () => {
  const gemma = entry("gemma-2-2b-it", shown(["shader-f16"]));
  expect(gemma.variants[0]).toMatchObject({ variant: { format: "q4f16_1" }, fit: { is: "fits" } });
  const without = entry("gemma-2-2b-it", shown([]));
  expect(without.variants.map(({ variant, fit }) => [variant.format, fit?.is])).toEqual([
    ["q4f32_1", "may-not-fit"],
    ["q4f16_1", "does-not-fit"],
  ]);
});

test("the context is the one that was chosen, or the longest that a model has", () => {
  const tokens = (id: string, chosen: number) =>
    entry(id, shown([], chosen)).variants[0].contextTokens;
  expect(tokens("Qwen3-0.6B", 1024)).toBe(1024);
  expect(tokens("TinyLlama-1.1B-Chat-v1.0", 4096)).toBe(2048);
  const bytes = (chosen: number) =>
    entry("Qwen3-0.6B", shown([], chosen)).variants[0].memoryBytes ?? 0;
  expect(bytes(4096) - bytes(1024)).toBe(3072 * 112 * 1024);
});

test("names are found by their words, in any order", () => {
  const entries = shown(["shader-f16"]);
  const found = (text: string, onlyFitting = false) =>
    entries.filter((one) => isShown(one, { text, onlyFitting })).map(({ model }) => model.id);
  expect(found("3b LLAMA 3.2")).toEqual(["Llama-3.2-3B-Instruct", "Hermes-3-Llama-3.2-3B"]);
  expect(found("coder")).toHaveLength(4);
  expect(found("no such model")).toEqual([]);
  expect(found("")).toHaveLength(ALL_MODELS.length);
  const fitting = found("", true);
  expect(fitting).toContain("Llama-3.2-1B-Instruct");
  expect(fitting).not.toContain("Llama-3.1-70B-Instruct");
});

test("until the device is known, nothing is left out", () => {
  const entries = shownEntries(ALL_MODELS, {
    device: undefined,
    freeBytes: undefined,
    contextTokens: 4096,
  });
  expect(entries.every((one) => isShown(one, { text: "", onlyFitting: true }))).toBe(true);
  expect(entries[0]?.variants[0].fit).toBeUndefined();
});
