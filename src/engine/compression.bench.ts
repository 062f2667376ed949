import { describe } from "vitest";
import { gpuTest, type GpuHarness } from "../gpu/testing.ts";
import {
  createAttentionSimilarity,
  layerDistances,
  type AttentionSimilarity,
} from "../kv/attention-similarity.ts";
import { CHUNK_TOKENS } from "../kv/chunk-layout.ts";
import type { KvCache } from "../kv/kv-cache.ts";
import { rowCodec } from "../kv/row-codec.ts";
import { createRowCoder } from "../kv/row-coder.ts";
import type { AttentionEvidence } from "../kv/select-pairs.ts";
import { SHARING_STRATEGIES, type SharingStrategyName } from "../kv/sharing-strategies.ts";
import { recordRow } from "../metrics/bench-rows.ts";
import { measureInTurns, median } from "../metrics/samples.ts";
import { ropeFrequencies } from "../model/rope.ts";
import { decodeFloats } from "../shared/number-formats.ts";
import {
  CALIBRATION_CONVERSATIONS,
  RECALL_CONVERSATIONS,
  recalls,
  type RecallConversation,
} from "./recall-testing.ts";
import {
  compressRows,
  krulMerge,
  type Compression,
  type LayerShape,
} from "./compression-testing.ts";
import {
  deviationFrom,
  freshReply,
  loadReplayParts,
  ReplayedPip,
  type Reply,
  type Rows,
} from "./replay-testing.ts";

/** Krul's τ. The paper does not give it; at 0.2 Pip keeps most of its layers in. */
const EDGE_THRESHOLD = 0.2;

/** Chats of the model's kind that fit what belongs to a model: KVSharer's distances, the frozen map. */
const CALIBRATIONS = 4;

/** Of all 60 conversations with all schemes, on a software adapter. */
const TIMEOUT_MS = 3_600_000;

const RATE_CHUNKS = 8;
const RATE_ROUNDS = 5;

type Codec = Compression["codec"];
interface Scheme {
  strategy: SharingStrategyName;
  pairs: number;
  codec: Codec;
}

const BARE: readonly Codec[] = [
  "f16",
  "int8-k-channel-v-token",
  "int4-k-channel-v-token",
  "int4-hadamard-k-channel-v-token",
  "int4-unrope-k-channel-v-token",
  "int3-k-channel-v-token",
  "int2-k-channel-v-token",
];

const SCHEMES: readonly Scheme[] = [
  ...BARE.map((codec): Scheme => ({ strategy: "none", pairs: 0, codec })),
  ...(["static", "kvsharer", "krul-frozen", "krul"] as const).map((strategy): Scheme => ({
    strategy,
    pairs: 1,
    codec: "f16",
  })),
  { strategy: "krul", pairs: 2, codec: "f16" },
  { strategy: "krul", pairs: 1, codec: "int4-k-channel-v-token" },
  { strategy: "krul", pairs: 2, codec: "int4-k-channel-v-token" },
];

/** A conversation in the moment of its last question. */
interface Asked {
  conversation: RecallConversation;
  question: number[];
  rows: Rows;
  right: Reply;
  evidence: AttentionEvidence;
}

/** What belongs to the model. */
interface ModelEvidence {
  kvDistances: Float64Array;
  first: AttentionEvidence;
}

class CompressionBench {
  readonly #pip: ReplayedPip;
  readonly #similarity: AttentionSimilarity;
  readonly #shape: LayerShape;

  constructor(pip: ReplayedPip, similarity: AttentionSimilarity, shape: LayerShape) {
    this.#pip = pip;
    this.#similarity = similarity;
    this.#shape = shape;
  }

  /** Prefill all before the last question, and see how it attends meanwhile. */
  async lead(messages: RecallConversation["messages"]) {
    const pip = this.#pip;
    pip.forget();
    this.#similarity.reset();
    const { turns, header, system } = pip.render(messages);
    const question = [turns.at(-1) ?? [], header].flat();
    await pip.fill([system, ...turns.slice(0, -1)].flat());
    const { gram, edgeMass } = await this.#similarity.read();
    const evidence = { edgeMass, distances: layerDistances(gram) };
    return { question, evidence, rows: await pip.save() };
  }

  async ask(conversation: RecallConversation): Promise<Asked> {
    const led = await this.lead(conversation.messages);
    return { conversation, ...led, right: await freshReply(this.#pip, led.question) };
  }

  /** KVSharer's: Euclidean distance of the layers' K and V, averaged over tokens and chats. */
  async calibrate(): Promise<ModelEvidence> {
    let first: AttentionEvidence | undefined;
    let means: Float64Array[] = [];
    for (const { messages } of CALIBRATION_CONVERSATIONS.slice(0, CALIBRATIONS)) {
      const { evidence, rows } = await this.lead(messages);
      first ??= evidence;
      const added = rows.layers.map((layer) => meanRow(layer, rows.tokens.length));
      means = added.map((row, i) => row.map((x, c) => x + (means[i]?.[c] ?? 0)));
    }
    if (!first) throw new Error("nothing to calibrate with");
    const distance = (a: Float64Array, b: Float64Array) =>
      Math.hypot(...a.map((x, c) => x - (b[c] ?? NaN)));
    const kvDistances = Float64Array.from(means.flatMap((a) => means.map((b) => distance(a, b))));
    return { kvDistances, first };
  }

  async measure(asked: Asked, { strategy, pairs, codec }: Scheme, model: ModelEvidence) {
    const kinds = asked.rows.layers.map(() => "llama");
    const map = SHARING_STRATEGIES[strategy].select(
      {
        kinds,
        kvDistances: model.kvDistances,
        edgeThreshold: EDGE_THRESHOLD,
        conversation: asked.evidence,
        firstConversation: model.first,
      },
      { pairs },
    );
    const compressed = compressRows(asked.rows, this.#shape, { map, codec, merge: krulMerge });
    this.#pip.putBack(compressed.rows);
    const deviation = await deviationFrom(asked.right, this.#pip, asked.question);
    const recalled = recalls(deviation.text, asked.conversation);
    return { ...compressed, ...deviation, recalled, pairs: map.pairs.length };
  }
}

/** Of f16 rows in and out of the cache, all layers, chunk by chunk. */
async function codingRates(gpu: GpuHarness, cache: KvCache, frequencies: readonly number[]) {
  const rates = new Map<Codec, { encodeMBps: number; decodeMBps: number }>();
  const layers = [...cache.layers.keys()];
  const bytes = RATE_CHUNKS * CHUNK_TOKENS * cache.rowBytes * layers.length;
  const rate = (samplesMs: readonly number[]) => round(bytes / median(samplesMs) / 1e3);
  for (const codec of BARE) {
    const coding = await codingOf(gpu, cache, codec, frequencies);
    const chunks = Array.from({ length: RATE_CHUNKS }, (_, i) => i * CHUNK_TOKENS);
    const coded: Uint8Array<ArrayBuffer>[][] = [];
    const { encode } = await measureInTurns(
      { encode: async () => (coded[0] = (await Promise.all(chunks.map(coding.encode))).flat()) },
      { rounds: RATE_ROUNDS },
    );
    const { decode } = await measureInTurns(
      {
        decode: async () => {
          for (const start of chunks)
            for (const layer of layers)
              coding.decode(
                layer,
                start,
                coded[0]?.[(start / CHUNK_TOKENS) * layers.length + layer],
              );
          await gpu.device.queue.onSubmittedWorkDone();
        },
      },
      { rounds: RATE_ROUNDS },
    );
    rates.set(codec, { encodeMBps: rate(encode), decodeMBps: rate(decode) });
  }
  return rates;
}

/** Coding of one chunk, on the GPU. */
async function codingOf(
  gpu: GpuHarness,
  cache: KvCache,
  codec: Codec,
  frequencies: readonly number[],
) {
  const layers = [...cache.layers.keys()];
  const tokens = CHUNK_TOKENS;
  type Bytes = Uint8Array<ArrayBuffer>;
  if (codec === "f16")
    return {
      encode: (start: number): Promise<Bytes[]> =>
        Promise.all(layers.map((layer) => cache.readRows(layer, { start, end: start + tokens }))),
      decode: (layer: number, start: number, bytes: Bytes = new Uint8Array()) => {
        cache.writeRows(layer, start, bytes);
      },
    };
  const coder = await createRowCoder(gpu.device, cache, rowCodec(codec), { frequencies });
  return {
    encode: (start: number): Promise<Bytes[]> => coder.encode(layers, { start, tokens, skip: 0 }),
    decode: (layer: number, start: number, bytes: Bytes = new Uint8Array()) => {
      coder.decode(layer, { start, tokens }, bytes);
    },
  };
}

function meanRow(layer: Uint8Array<ArrayBuffer>, tokens: number): Float64Array {
  const numbers = decodeFloats(layer, "f16");
  const width = numbers.length / tokens;
  const sum = new Float64Array(width);
  numbers.forEach((x, i) => (sum[i % width] = (sum[i % width] ?? 0) + x / tokens));
  return sum;
}

const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
const round = (value: number): number => Number(value.toPrecision(3));

describe("recall conversations, stored and read back", () => {
  gpuTest("every strategy with every codec", { timeout: TIMEOUT_MS }, async ({ gpu, task }) => {
    const { parts, config } = await loadReplayParts(gpu);
    const pip = new ReplayedPip(parts);
    const { transformer } = parts;
    const similarity = await createAttentionSimilarity(gpu, transformer.attentionInputs);
    transformer.sampleAttention(similarity);
    const bench = new CompressionBench(pip, similarity, {
      ...config,
      frequencies: ropeFrequencies(config),
    });
    const model = await bench.calibrate();
    type Outcome = Awaited<ReturnType<CompressionBench["measure"]>>;
    const outcomes = new Map<Scheme, Outcome[]>(SCHEMES.map((scheme) => [scheme, []]));
    for (const conversation of RECALL_CONVERSATIONS) {
      const asked = await bench.ask(conversation);
      for (const [scheme, all] of outcomes) all.push(await bench.measure(asked, scheme, model));
    }
    similarity.destroy();
    const rates = await codingRates(gpu, transformer.cache, ropeFrequencies(config));
    for (const [{ strategy, pairs, codec }, all] of outcomes) {
      const sum = (of: (outcome: Outcome) => number) => total(all.map(of));
      const sharing = pairs === 0 ? strategy : `${strategy}, pairs: ${pairs}`;
      recordRow(task, {
        name: `${sharing} × ${codec}`,
        value: round(mean(all.map(({ kl }) => kl))),
        unit: "nats",
        strategy,
        codec,
        ratio: round(sum(({ plainBytes }) => plainBytes) / sum(({ storedBytes }) => storedBytes)),
        kl: round(mean(all.map(({ kl }) => kl))),
        top1: round(mean(all.map(({ sameTop }) => sameTop))),
        recall: sum(({ recalled }) => Number(recalled)),
        of: all.length,
        pairs: round(mean(all.map((outcome) => outcome.pairs))),
        // Merging has no kernel yet.
        ...(pairs === 0 && rates.get(codec)),
      });
    }
  });
});
