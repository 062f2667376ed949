import { describe } from "vitest";
import { deviceTest, type DeviceHarness } from "../../device/testing.ts";
import { createAttentionSimilarity } from "../../kv/sharing/attention-similarity.ts";
import { CHUNK_TOKENS } from "../../kv/cache/chunk-layout.ts";
import { KvCache, rowBytes } from "../../kv/cache/kv-cache.ts";
import { recordRow, type BenchRow } from "../../metrics/bench-rows.ts";
import { ropeFrequencies } from "../../model/rope.ts";
import { encodeFloats } from "../../shared/number-formats.ts";
import { transformCosts } from "./transform-cost.ts";
import { SchemeEvaluation, type Outcome } from "./scheme-evaluation.ts";
import { GpuCoding, REFERENCE_CHUNK, ReferenceCoding, type CodingMs } from "./coding-times.ts";
import { codingRates, ratesOf, round, schemeName, schemeRow, summed } from "./report-rows.ts";
import { BARE, DECISIVE, GRID, SCHEMES, type Scheme } from "./schemes.ts";
import { RoundTripCache, type Codec } from "./round-trip-cache.ts";
import { ComparedBases, readShipped } from "../bases/compared-bases.ts";
import { kindName, TransformedCache } from "./transformed-cache.ts";
import {
  RECALL_CONVERSATIONS,
  STORY_CONVERSATIONS,
  type RecallConversation,
} from "../../engine/testing/recall-testing.ts";
import { loadProbeParts, CacheProbe } from "../cache-probe.ts";

/**
 * Number of conversations. All schemes take half a minute for each conversation on a software adapter. To run only
 * a part, `VITE_BENCH_CONVERSATIONS=n` takes n conversations, and `VITE_BENCH_SCHEMES=expression` takes the schemes
 * whose names match.
 */
const CONVERSATIONS = Number(import.meta.env["VITE_BENCH_CONVERSATIONS"] ?? 60);
const CHOSEN = new RegExp(String(import.meta.env["VITE_BENCH_SCHEMES"] ?? ""));

/** Enough time for all schemes and conversations on a software adapter. */
const TIMEOUT_MS = 7_200_000;

const RATE_CHUNKS = 8;
/** Chunks that are transformed to measure rates. They are few because there are many kinds, which take longer. */
const TRANSFORM_CHUNKS = 2;

/** KV shape of Qwen3-0.6B. The numbers are random, because they do not change how fast coding is. */
const QWEN_LIKE = { layers: 28, kvHeads: 8, headDim: 128, contextTokens: 2 * CHUNK_TOKENS };

const PIP_Q4 = "/models/pip-4.7m/mlc-q4f16_1/";

async function loadPip(hardware: DeviceHarness, directory?: string) {
  const { parts, config } = await loadProbeParts(hardware, directory);
  const { transformer } = parts;
  const shape = { ...config, frequencies: ropeFrequencies(config) };
  const { device } = hardware;
  const coded = new RoundTripCache({ device, cache: transformer.cache, ...shape });
  return { probe: new CacheProbe(parts), transformer, config, shape, coded };
}

type LoadedPip = Awaited<ReturnType<typeof loadPip>>;

/** Calibrate on chats of the model's kind, and measure schemes on other chats or on other text. */
async function measureSchemes(
  hardware: DeviceHarness,
  { probe, transformer, config, shape, coded }: LoadedPip,
  { schemes, conversations }: { schemes: readonly Scheme[]; conversations: RecallConversation[] },
) {
  const similarity = await createAttentionSimilarity(hardware, transformer.attentionInputs);
  transformer.sampleAttention(similarity);
  const measuring = new SchemeEvaluation({ probe, similarity, coded, shape });
  const { evidence, moments } = await measuring.calibrate();
  const bases = new ComparedBases({ moments, config, ...(await readShipped()) });
  const parts = { device: hardware.device, cache: transformer.cache, ...shape };
  const transformed = new TransformedCache(parts, bases.basisOf);
  const model = { evidence, transformed };
  const chosen = schemes.filter((scheme) => CHOSEN.test(schemeName(scheme)));
  const outcomes = new Map<Scheme, Outcome[]>(chosen.map((scheme) => [scheme, []]));
  for (const conversation of conversations.slice(0, CONVERSATIONS)) {
    const asked = await measuring.ask(conversation, model);
    for (const [scheme, all] of outcomes) all.push(await measuring.measure(asked, scheme, model));
  }
  transformer.sampleAttention(undefined);
  similarity.destroy();
  const measured = [...outcomes].map(([scheme, all]) => summed(scheme, all));
  const bits = measured.filter(({ scheme }) => scheme.strategy === "none" && !scheme.transform);
  return { evidence, transformed, measured, bits };
}

/** Coding times on the GPU of each codec: for a layer, and for a pair that is merged on the sphere. */
async function gpuRates({ device }: DeviceHarness, cache: KvCache, coded: RoundTripCache) {
  const coding = new GpuCoding(device, cache, RATE_CHUNKS);
  const layer = new Map<Codec, CodingMs>();
  const pair = new Map<Codec, CodingMs>();
  for (const codec of BARE) layer.set(codec, await coding.layer(await coded.coder(codec)));
  for (const codec of GRID)
    pair.set(codec, await coding.pair(await coded.pairCoder(codec), { keep: 0, share: 1 }));
  return { layer, pair };
}

/** Coding times for a layer of each kind of transform, by the kind's name, when all layers are transformed. */
async function transformRates(coding: GpuCoding, transformed: TransformedCache) {
  const rates = new Map<string, CodingMs>();
  const schemes = SCHEMES.filter((scheme) => CHOSEN.test(schemeName(scheme)));
  for (const kind of schemes.flatMap(({ transform }) => transform ?? []))
    rates.set(kindName(kind), await coding.transformed(await transformed.coder(kind), kind));
  return rates;
}

describe("recall conversations, stored and read back", () => {
  deviceTest(
    "every strategy with every codec",
    { timeout: TIMEOUT_MS },
    async ({ hardware, task }) => {
      const loaded = await loadPip(hardware);
      const { transformer, shape, coded } = loaded;
      const chats = { schemes: SCHEMES, conversations: [...RECALL_CONVERSATIONS] };
      const { evidence, transformed, measured, bits } = await measureSchemes(
        hardware,
        loaded,
        chats,
      );
      const { cache } = transformer;
      const reference = new ReferenceCoding({
        shape,
        rows: [await cache.readRows(0, REFERENCE_CHUNK), await cache.readRows(1, REFERENCE_CHUNK)],
        map: () => evidence.mapOf({ keep: 0, share: 1 }),
      });
      const chunkBytes = CHUNK_TOKENS * cache.rowBytes;
      const { layers } = cache.shape;
      const gpuMs = {
        ...(await gpuRates(hardware, cache, coded)),
        transform: await transformRates(
          new GpuCoding(hardware.device, cache, TRANSFORM_CHUNKS),
          transformed,
        ),
      };
      for (const one of measured)
        recordRow(task, {
          ...schemeRow(one, bits),
          ...(await codingRates(one, { layers, chunkBytes, gpu: gpuMs, reference })),
        });
    },
  );

  deviceTest("with 4-bit weights", { timeout: TIMEOUT_MS }, async ({ hardware, task }) => {
    const chats = { schemes: DECISIVE, conversations: [...RECALL_CONVERSATIONS] };
    const { measured, bits } = await measureSchemes(
      hardware,
      await loadPip(hardware, PIP_Q4),
      chats,
    );
    for (const one of measured) recordRow(task, named("q4f16_1", schemeRow(one, bits)));
  });
});

describe("text of a kind that no basis has seen", () => {
  deviceTest("stories", { timeout: TIMEOUT_MS }, async ({ hardware, task }) => {
    // The last answer is asked for. It is not known what it has to contain.
    const conversations = STORY_CONVERSATIONS.map(({ messages }) => {
      return { messages: messages.slice(0, -1), expected: [] };
    });
    const stories = { schemes: DECISIVE, conversations };
    const { measured, bits } = await measureSchemes(hardware, await loadPip(hardware), stories);
    for (const one of measured) recordRow(task, named("stories", schemeRow(one, bits)));
  });
});

const named = (of: string, row: BenchRow): BenchRow => ({
  ...row,
  text: of,
  name: `${of}, ${row.name}`,
});

describe("a conversation of 2,000 tokens", () => {
  deviceTest("is decoded and computed", { timeout: TIMEOUT_MS }, async ({ hardware, task }) => {
    const { probe, transformer, shape } = await loadPip(hardware);
    const { shipped } = await readShipped();
    const { frequencies } = shape;
    const parts = { device: hardware.device, probe, transformer, basis: shipped, frequencies };
    for (const row of await transformCosts(parts)) recordRow(task, row);
  });
});

describe("rows of a larger model", () => {
  deviceTest("size and speed", { timeout: TIMEOUT_MS }, async ({ hardware, task }) => {
    const { device } = hardware;
    const cache = new KvCache(device, QWEN_LIKE);
    const { layers, contextTokens, headDim } = cache.shape;
    const rows = encodeFloats(hardware.randomFloat32((contextTokens * cache.rowBytes) / 2), "f16");
    for (let layer = 0; layer < layers; layer++) cache.writeRows(layer, 0, rows);
    const rope = { theta: 1e6, scaling: null };
    const coded = new RoundTripCache({
      device,
      cache,
      frequencies: ropeFrequencies({ headDim, rope }),
    });
    const coding = new GpuCoding(device, cache, contextTokens / CHUNK_TOKENS);
    const chunkBytes = CHUNK_TOKENS * rowBytes(cache.shape);
    for (const codec of GRID) {
      const coder = await coded.coder(codec);
      const ratio = round(chunkBytes / coder.codedBytes(CHUNK_TOKENS));
      recordRow(task, {
        name: `Qwen-like, none × ${codec}`,
        value: ratio,
        unit: "ratio",
        model: "qwen-like",
        strategy: "none",
        codec,
        ratio,
        ...ratesOf(await coding.layer(coder), chunkBytes),
        coder: "gpu",
      });
    }
  });
});
