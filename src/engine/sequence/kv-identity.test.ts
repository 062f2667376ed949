import fc from "fast-check";
import { expect, test } from "vitest";
import { LLAMA3_SCALING } from "../../model/generate/generate-config.ts";
import { generateModel } from "../../model/generate/generate-model.ts";
import { ROOT_HASH } from "../../protocol/kv-store-api.ts";
import {
  chunkHashes,
  kvFingerprint,
  levelOf,
  lineageOf,
  nameOf,
  prefixHash,
  READABLE_LINEAGES,
} from "./kv-identity.ts";

const tokens = fc.array(fc.nat(2047), { minLength: 1, maxLength: 40 });

test("equal prefixes have equal hashes, whatever follows", async () => {
  await fc.assert(
    fc.asyncProperty(tokens, tokens, tokens, async (prefix, a, b) => {
      const whole = (rest: number[]) => chunkHashes([...prefix, ...rest], 4);
      const shared = Math.floor(prefix.length / 4);
      expect((await whole(a)).slice(0, shared)).toEqual((await whole(b)).slice(0, shared));
    }),
  );
});

test("one other token changes its chunk's hash and all after it, and none before", async () => {
  await fc.assert(
    fc.asyncProperty(tokens, fc.nat(39), async (sequence, at) => {
      fc.pre(at < sequence.length);
      const changed = sequence.map((id, i) => (i === at ? id + 1 : id));
      const [before, after] = [await chunkHashes(sequence, 4), await chunkHashes(changed, 4)];
      before.forEach((hash, chunk) => {
        expect(hash === after[chunk]).toBe(chunk < Math.floor(at / 4));
      });
    }),
  );
});

// Names of stored chunks. If this fails, what released versions stored is no longer found: it is only
// a cache, but say so in the notes of the release.
test("golden hash", async () => {
  expect(await prefixHash(ROOT_HASH, [1, 2, 3])).toBe("124f1947fadc71ebf5d31e29b4699400");
});

test("the fingerprint tells models, weights and tokenizers apart", async () => {
  const { config } = await generateModel();
  const base = { config, quantization: "q4f16_1", manifestHash: "a", tokenizer: "t" };
  const variants = [
    base,
    { ...base, manifestHash: "b" },
    { ...base, tokenizer: "u" },
    { ...base, quantization: "q0f16" },
    { ...base, config: { ...config, rope: { theta: 500_000, scaling: null } } },
  ];
  const prints = await Promise.all(variants.map((variant) => kvFingerprint(variant)));
  expect(new Set(prints).size).toBe(variants.length);
  expect(await kvFingerprint({ ...base })).toBe(prints[0]);
  // How long a context there is room for changes no row.
  const longer = { ...base, config: { ...config, contextTokens: 9 } };
  expect(await kvFingerprint(longer)).toBe(prints[0]);
});

// If this fails, whatever released versions stored is no longer found.
test.each([
  { quantization: "q0f16", scaling: null, fingerprint: "8a2da90a5c7b98d6940391688d3d397b" },
  {
    quantization: "q4f16_1",
    scaling: LLAMA3_SCALING,
    fingerprint: "f0e4e0a1432db1020d7f96f07848b065",
  },
] as const)(
  "golden fingerprint of $quantization",
  async ({ quantization, scaling, fingerprint }) => {
    const { config } = await generateModel({ quantization, ropeScaling: scaling });
    const weights = { quantization, manifestHash: "a" };
    const dependencies = { config, ...weights, tokenizer: "t", valueBytes: 1024 };
    expect(await kvFingerprint(dependencies)).toBe(fingerprint);
  },
);

test("a name tells its lineage, and a level reads nothing worse than itself", async () => {
  const hash = await prefixHash(ROOT_HASH, [1, 2, 3]);
  const all = READABLE_LINEAGES.compact;
  expect(new Set(all.map((lineage) => nameOf(hash, lineage))).size).toBe(all.length);
  for (const lineage of all) expect(lineageOf(nameOf(hash, lineage))).toBe(lineage);
  expect(nameOf(hash, "exact")).toBe(hash);
  expect(lineageOf(`${hash.slice(0, -2)}ff`)).toBeUndefined();
  const levels = (level: keyof typeof READABLE_LINEAGES) =>
    new Set(READABLE_LINEAGES[level].map(levelOf));
  expect(levels("exact")).toEqual(new Set(["exact"]));
  expect(levels("balanced")).toEqual(new Set(["exact", "balanced"]));
  expect(levels("compact")).toEqual(new Set(["exact", "balanced", "compact"]));
});
