import { expect, test } from "vitest";
import { CHUNK_TOKENS } from "../../kv/cache/chunk-layout.ts";
import { KvCache, rowBytes, type KvShape } from "../../kv/cache/kv-cache.ts";
import { BACKUP_BYTES, mostBackedUp, mostLayers, REPLAYED_BYTES } from "./backed-up-chunks.ts";

/** A cache of which only the sizes are looked at. */
function cacheOf(shape: Omit<KvShape, "contextTokens">): { cache: KvCache } {
  const device = { createBuffer: () => ({}) } as unknown as ConstructorParameters<
    typeof KvCache
  >[0];
  return { cache: new KvCache(device, { ...shape, contextTokens: 4096 }) };
}

test.each([
  { name: "SmolLM2-135M", shape: { layers: 30, kvHeads: 3, headDim: 64 } },
  { name: "Llama-3.2-1B", shape: { layers: 16, kvHeads: 8, headDim: 64 } },
  { name: "Qwen3-0.6B", shape: { layers: 28, kvHeads: 8, headDim: 128 } },
])("$name: 4,096 tokens are judged at once, and less than 32 MiB of rows are kept", ({ shape }) => {
  const model = cacheOf(shape);
  const tokens = mostBackedUp(model) * CHUNK_TOKENS;
  expect(tokens).toBeGreaterThanOrEqual(4096);
  const layers = mostLayers(model, 4096, BACKUP_BYTES - REPLAYED_BYTES);
  const exchanged = layers * 4096 * rowBytes(shape);
  expect(exchanged).toBeLessThanOrEqual(BACKUP_BYTES - REPLAYED_BYTES);
  expect(layers).toBeGreaterThanOrEqual(1);
  expect(BACKUP_BYTES).toBeLessThan(32 * 2 ** 20);
});

test("of very wide rows, one layer of one chunk is exchanged at a time", () => {
  const model = cacheOf({ layers: 2, kvHeads: 256, headDim: 256 });
  expect(mostBackedUp(model)).toBe(1);
  expect(mostLayers(model, CHUNK_TOKENS, 1)).toBe(1);
});
