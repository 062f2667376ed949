import fc from "fast-check";
import { expect, test } from "vitest";
import { LLAMA3_SCALING } from "../../model/generate/generate-config.ts";
import { generateModel } from "../../model/generate/generate-model.ts";
import type { KernelVariant } from "../../model/forward/kernel-variant.ts";
import { ROOT_HASH } from "../../protocol/kv-store-api.ts";
import type { ChatTemplate } from "../../tokenizer/chat-template.ts";
import {
  chunkHashes,
  kvFingerprint,
  kvVariant,
  isCoded,
  levelOf,
  lineageOf,
  nameOf,
  prefixHash,
  READABLE_LINEAGES,
  wasCoded,
  type KvDependencies,
} from "./kv-identity.ts";

const [OURS, THEIRS] = ["a".repeat(16), "b".repeat(16)];

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

const CHATML: ChatTemplate = {
  systemPrefixIds: [],
  system: { before: "<|im_start|>system\n", after: "<|im_end|>\n" },
  defaultSystemMessage: "",
  addRoleAfterSystemMessage: true,
  roles: { user: "<|im_start|>user", assistant: "<|im_start|>assistant" },
  contents: { user: { before: "", after: "" }, assistant: { before: "", after: "" } },
  separators: { user: "<|im_end|>\n", assistant: "<|im_end|>\n" },
  roleContentSeparator: "\n",
  roleEmptySeparator: "\n",
  stopStrings: ["<|im_end|>"],
  stopTokenIds: [2],
};

/** A model, as stored rows depend on it. */
async function described(spec: Parameters<typeof generateModel>[0] = {}): Promise<KvDependencies> {
  const { config } = await generateModel(spec);
  const text = { tokenizer: "t", chatTemplate: CHATML };
  return { config, quantization: "q4f16_1", manifestHash: "a", ...text, valueBytes: 1024 };
}

test("KI2: the fingerprint tells apart whatever changes a row", async () => {
  const base = await described();
  const { config } = base;
  const { rope } = config;
  const configured = (changed: object) => ({ ...base, config: { ...config, ...changed } });
  const models = [
    base,
    { ...base, manifestHash: "b" },
    { ...base, tokenizer: "u" },
    { ...base, chatTemplate: { ...CHATML, defaultSystemMessage: "Be brief." } },
    { ...base, quantization: "q0f16" },
    { ...base, valueBytes: 2048 },
    configured({ architecture: "other" }),
    configured({ hidden: 2 * config.hidden }),
    configured({ heads: 2 * config.heads }),
    configured({ kvHeads: 2 * config.kvHeads }),
    configured({ headDim: 2 * config.headDim }),
    configured({ rmsNormEps: 1e-3 }),
    configured({ attention: { ...config.attention, scoreWidth: 7 } }),
    configured({ attention: { ...config.attention, steps: [] } }),
    configured({ rope: { ...rope, theta: 500_000 } }),
    configured({ rope: { ...rope, scaling: LLAMA3_SCALING } }),
    configured({ rope: { ...rope, scaling: { ...LLAMA3_SCALING, factor: 3 } } }),
    configured({ kvLayers: [0, 0] }),
    configured({ kvLayers: [0, 1] }),
    configured({ "a field that is added later": true }),
  ];
  const prints = await Promise.all(models.map((model) => kvFingerprint(model)));
  expect(new Set(prints).size).toBe(models.length);
});

test("KI2: what changes no row is not in the fingerprint, nor is the order of fields", async () => {
  const base = await described();
  const { config } = base;
  const print = await kvFingerprint(base);
  const same = [
    { contextTokens: 9 },
    { prefillChunkTokens: 1 },
    { tiedEmbeddings: !config.tiedEmbeddings },
    { eosTokenIds: [1] },
    { activeVocab: 1 },
    { sampling: { temperature: 0.5, topP: 0.5, repetitionPenalty: 2 } },
    { "a field that most models lack": undefined },
  ];
  for (const changed of same)
    expect(await kvFingerprint({ ...base, config: { ...config, ...changed } })).toBe(print);
  const reversed = Object.entries(config).toReversed();
  const { valueBytes, ...others } = base;
  const ordered = { valueBytes, ...others, config: Object.fromEntries(reversed) as typeof config };
  expect(await kvFingerprint(ordered)).toBe(print);
});

// If this fails, whatever released versions stored is no longer found.
test.each([
  ["llama", "q0f16", null, "6adc4690b5a9c32f4f4099e70631aa83"],
  ["llama", "q4f16_1", LLAMA3_SCALING, "0caf729d8249d2a9376a67f702090fd2"],
  ["mistral", "q4f16_1", null, "2b2f76ef6d85865fbd28dc55efeb798c"],
  ["qwen2", "q4f16_1", null, "e1ab612665c24b95bde6ab1d7df8e798"],
  ["qwen3", "q4f16_1", null, "d25ff84789cc8594bbeebc6a94949434"],
] as const)(
  "golden fingerprint of %s in %s",
  async (architecture, quantization, scaling, print) => {
    const model = await described({ architecture, quantization, ropeScaling: scaling });
    expect(await kvFingerprint({ ...model, quantization })).toBe(print);
  },
);

test("a name tells its lineage, and a level reads nothing worse than itself", async () => {
  const hash = await prefixHash(ROOT_HASH, [1, 2, 3]);
  const all = READABLE_LINEAGES.compact;
  expect(new Set(all.map((lineage) => nameOf(hash, lineage, OURS))).size).toBe(all.length);
  for (const lineage of all) {
    if (lineage === "foreign") continue;
    expect(lineageOf(nameOf(hash, lineage, OURS), OURS)).toBe(lineage);
  }
  expect(lineageOf(`${hash.slice(0, -2)}ff`, OURS)).toBeUndefined();
  const levels = (level: keyof typeof READABLE_LINEAGES) =>
    new Set(READABLE_LINEAGES[level].map(levelOf));
  expect(levels("exact")).toEqual(new Set(["exact"]));
  expect(levels("balanced")).toEqual(new Set(["exact", "balanced"]));
  expect(levels("compact")).toEqual(new Set(["exact", "balanced", "compact"]));
});

test("KI3: only the names of exact rows tell the variant, and no other length is a name", async () => {
  const hash = await prefixHash(ROOT_HASH, [1, 2, 3]);
  expect(nameOf(hash, "exact", OURS)).not.toBe(nameOf(hash, "exact", THEIRS));
  for (const lineage of READABLE_LINEAGES.compact.filter((one) => one !== "exact"))
    expect(nameOf(hash, lineage, OURS)).toBe(nameOf(hash, lineage, THEIRS));
  expect(lineageOf(hash, OURS)).toBeUndefined();
  expect(lineageOf(`${hash}${OURS}0`, OURS)).toBeUndefined();
  expect(lineageOf(nameOf(hash, "balanced", OURS) + OURS, OURS)).toBeUndefined();
});

test("KI4, KI5: exact rows of another variant are foreign, and exact to nobody else", async () => {
  const name = nameOf(await prefixHash(ROOT_HASH, [1, 2, 3]), "exact", THEIRS);
  expect(lineageOf(name, OURS)).toBe("foreign");
  expect(lineageOf(name, THEIRS)).toBe("exact");
  expect(READABLE_LINEAGES.exact).not.toContain("foreign");
  for (const level of ["balanced", "compact"] as const)
    expect(READABLE_LINEAGES[level].slice(0, 2)).toEqual(["exact", "foreign"]);
  expect(levelOf("foreign")).toBe("balanced");
  expect(wasCoded("foreign")).toBe(false);
});

test("KI7: safe rows are stored in a lossy form, read by every lossy level, and may be coded once more", async () => {
  const name = nameOf(await prefixHash(ROOT_HASH, [1, 2, 3]), "safe", OURS);
  expect(lineageOf(name, THEIRS)).toBe("safe");
  expect([isCoded("safe"), wasCoded("safe"), levelOf("safe")]).toEqual([true, false, "balanced"]);
  expect(READABLE_LINEAGES.exact).not.toContain("safe");
  for (const level of ["balanced", "compact"] as const) {
    const order = READABLE_LINEAGES[level];
    expect(order.indexOf("safe")).toBeLessThan(order.indexOf("balanced"));
    expect([isCoded(level), wasCoded(level)]).toEqual([true, true]);
  }
});

// If this fails, what released versions stored is taken for something else.
test("the digits of every lineage", async () => {
  const hash = await prefixHash(ROOT_HASH, [1, 2, 3]);
  const digits = READABLE_LINEAGES.compact
    .filter((lineage) => lineage !== "foreign")
    .map((lineage) => [lineage, nameOf(hash, lineage, "").slice(-2)]);
  expect(Object.fromEntries(digits)).toEqual({
    exact: "00",
    balanced: "01",
    "balanced-recent": "02",
    "balanced-kept": "03",
    compact: "04",
    "compact-recent": "05",
    "compact-kept": "06",
    safe: "07",
  });
});

test("KI3: kernels that round differently, and other adapters, are other variants", async () => {
  const kernels: KernelVariant = {
    matmul: "tiled",
    matvec: "shared",
    lanes: 32,
    subgroups: true,
    attention: { shared: 1, nativeHalves: true, slicedByStep: false },
  };
  // Part of the names of stored rows: if this fails, exact rows that released versions stored are no longer found.
  expect(await kvVariant("some gpu", kernels)).toBe("e27eed2f14bf10a8");
  const names = await Promise.all([
    kvVariant("some gpu", kernels),
    kvVariant("other gpu", kernels),
    kvVariant("some gpu", { ...kernels, matmul: "broadcast" }),
    kvVariant("some gpu", { ...kernels, matvec: "broadcast" }),
    kvVariant("some gpu", { ...kernels, lanes: 16 }),
    kvVariant("some gpu", { ...kernels, attention: { ...kernels.attention, shared: 2 } }),
  ]);
  expect(new Set(names).size).toBe(names.length);
});
