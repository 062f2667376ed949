import { BasisLearner } from "../../kv/basis/basis-learner.ts";
import { sensitiveWeighting } from "../../kv/basis/basis-weighting.ts";
import { CHUNK_TOKENS } from "../../kv/cache/chunk-layout.ts";
import { learnedGroups } from "../../kv/basis/learned-groups.ts";
import { modelWeightings, type Weightings } from "../../kv/basis/model-weightings.ts";
import { createQueryMoments, type QueryMomentEstimator } from "../../kv/basis/query-moments.ts";
import { finishInSlices } from "../../linalg/stepped-work.ts";
import { componentsOf } from "../../kv/codecs/transform-basis.ts";
import { decodeBasis, encodeBasis } from "../../kv/codecs/transform/basis-file.ts";
import { fitsCache, nameBasis } from "../../kv/codecs/transform-basis.ts";
import { layersByCache } from "../../model/kv-layers.ts";
import { readLinear } from "../../model/read-linear.ts";
import { ropeFrequencies } from "../../model/rope.ts";
import { epochNowMs } from "../../metrics/turn-timer.ts";
import type { EngineMeasure } from "../../protocol/measures.ts";
import { inUsualUnit } from "./basis-unit.ts";
import { ChunkChain } from "../sequence/chunk-chain.ts";
import { codableChunks } from "../sequence/codable-chunks.ts";
import type { KvStore } from "../sequence/kv-connection.ts";
import { layerSensitivity } from "./layer-sensitivity.ts";
import type {
  CachedRows,
  RunnableModel,
  StorableRows,
  TextModel,
  WatchedModel,
} from "../sequence/prepared-model.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Statistics take up to half as many bytes as the weights, so they are stored only after this many more tokens. */
const KEPT_AFTER_TOKENS = 512;

/** What a basis is learned from, and what with. */
export type LearningModel = Pick<TextModel, "info" | "config"> &
  CachedRows &
  StorableRows &
  WatchedModel &
  Pick<RunnableModel, "transformer" | "weights">;

/** What a basis is named after, and what codes with it. */
type BasisModel = Pick<CachedRows, "cache"> & StorableRows;

interface LearningParts {
  model: LearningModel;
  store: KvStore;
  onMeasure: (measure: EngineMeasure) => void;
}

/** What collects statistics: of the rows, and of the queries that keys meet. */
interface Tools {
  learner: BasisLearner;
  queries: QueryMomentEstimator;
}

/**
 * Learns a basis to transform a model's KV with, where none came with the model. It learns on the device, between
 * turns, from what the person chats. Until it has seen enough, rows are stored in fewer bits instead.
 */
export class BasisLearning {
  readonly #model: LearningModel;
  readonly #store: KvStore;
  readonly #onMeasure: (measure: EngineMeasure) => void;
  #tools: Promise<Tools | undefined> | undefined;
  /** Names of chunks that were learned from, since a branch of a conversation has some of them again. */
  readonly #seen = new Set<string>();
  #keptTokens = 0;
  /** Settles when a run no longer uses what `#tools` has. */
  #running: Promise<void> = Promise.resolve();

  constructor({ model, store, onMeasure }: LearningParts) {
    this.#model = model;
    this.#store = store;
    this.#onMeasure = onMeasure;
  }

  /** Prepares to learn. From the next turn on, the queries of the conversation are sampled. */
  begin(): void {
    if (this.#model.valueCoder.hasBasis) return;
    this.#tools ??= this.#prepare();
    // If preparing fails, nothing is learned.
    this.#tools.catch(() => undefined);
  }

  /** Forgets what was not stored yet. A later run begins from what was. */
  stop(): void {
    const tools = this.#tools;
    this.#tools = undefined;
    this.#seen.clear();
    this.#model.attention.sampleQueries(undefined);
    const free = async () => {
      await this.#running.catch(() => undefined);
      const created = await tools;
      created?.learner.destroy();
      created?.queries.destroy();
    };
    // If preparing failed, there is nothing to free.
    free().catch(() => undefined);
  }

  /** Learns from the resident rows and, when that is enough, fits the basis. Uses the cache until it settles. */
  async run(signal: AbortSignal): Promise<void> {
    const { transformer, attention } = this.#model;
    // Nothing that is run again meanwhile is evidence of how the conversation attends.
    transformer.sampleAttention(undefined);
    this.#running = this.#learnOrFit(signal);
    try {
      await this.#running;
    } finally {
      transformer.sampleAttention(attention.sampler);
    }
  }

  async #learnOrFit(signal: AbortSignal): Promise<void> {
    if (this.#model.valueCoder.hasBasis) return;
    // Most conversations are too short to learn from: for them nothing is compiled.
    if (!this.#tools && codableChunks(this.#model.resident).length === 0) return;
    this.begin();
    const tools = await this.#tools;
    if (!tools || signal.aborted) return;
    await this.#learn(tools);
    if (tools.learner.isReady) await this.#fit(tools, signal);
    else if (tools.learner.tokens >= this.#keptTokens + KEPT_AFTER_TOKENS) await this.#keep(tools);
  }

  async #prepare(): Promise<Tools | undefined> {
    const { hardware, cache, config, info, transformer } = this.#model;
    const frequencies = ropeFrequencies(config);
    const groups = learnedGroups(info.weightBytes, cache.shape);
    if (!groups) return undefined;
    const learner = await BasisLearner.create(hardware, cache, groups, frequencies);
    const queries = await createQueryMoments(hardware.device, transformer.attentionInputs, {
      frequencies,
    });
    const kept = await this.#store.deviceRecord(statisticsKey(this.#model));
    const known = kept.ok && isBytes(kept.value) ? learner.fromBytes(kept.value) : undefined;
    if (known?.queries) queries.restore(known.queries);
    this.#keptTokens = learner.tokens;
    this.#model.attention.sampleQueries(queries);
    return { learner, queries };
  }

  /** Learns from rows that it has not seen, and that are exact. */
  async #learn({ learner }: Tools): Promise<void> {
    const { resident, kvVariant: variant } = this.#model;
    const runs = codableChunks(resident);
    const terms = { chunkTokens: CHUNK_TOKENS, variant };
    const chain = await ChunkChain.of(resident.tokens.slice(), terms);
    const names = chain.namesIn("exact");
    for (const { start, tokens, sinkTokens } of runs) {
      const name = names[start / CHUNK_TOKENS] ?? "";
      // Rows that were computed on top of lossy rows are not what the model itself gives.
      if (this.#seen.has(name) || resident.levelOf(start + tokens) !== "exact") continue;
      this.#seen.add(name);
      learner.learnRun({ start: start + sinkTokens, end: start + tokens });
    }
  }

  async #fit({ learner, queries }: Tools, signal: AbortSignal): Promise<void> {
    const startEpochMs = epochNowMs();
    const weightings = await this.#weightings(queries, signal);
    const sensitivity = weightings && (await layerSensitivity(this.#model, weightings, signal));
    if (!sensitivity) return;
    const fitted = await learner.fit(
      {
        keys: sensitiveWeighting(weightings.keys, sensitivity.keys),
        values: sensitiveWeighting(weightings.values, sensitivity.values),
      },
      { signal },
    );
    const basis = fitted && (await inUsualUnit(this.#model, fitted, signal));
    if (!basis) return;
    const file = encodeBasis(basis);
    await this.#store.putDeviceRecord(basisKey(this.#model), file);
    await this.#store.putDeviceRecord(statisticsKey(this.#model), undefined);
    await useBasis(this.#model, file);
    this.#model.attention.sampleQueries(undefined);
    const components = basis.groups.reduce((sum, group) => sum + componentsOf(group)[0], 0);
    const detail = { tokens: learner.tokens, bytes: file.length, components };
    this.#onMeasure({ name: "kv.learn", startEpochMs, endEpochMs: epochNowMs(), detail });
    learner.destroy();
    queries.destroy();
  }

  async #weightings(
    queries: QueryMomentEstimator,
    signal: AbortSignal,
  ): Promise<Weightings | undefined> {
    const { hardware, config, weights } = this.#model;
    const outputs: Float32Array[] = [];
    for (const { attentionOutput } of weights.layers) {
      if (signal.aborted) return undefined;
      outputs.push(await readLinear(hardware.device, attentionOutput));
    }
    const readers = layersByCache(config);
    const source = {
      queries: await queries.read(),
      // What an error of V does adds up over the layers that attend to it, as over the rows of one projection.
      outputProjection: (cached: number) =>
        joined((readers[cached] ?? []).map((layer) => outputs[layer] ?? new Float32Array())),
    };
    const shape = { ...config, frequencies: ropeFrequencies(config) };
    return finishInSlices(modelWeightings(source, shape), { signal });
  }

  async #keep({ learner, queries }: Tools): Promise<void> {
    this.#keptTokens = learner.tokens;
    const bytes = await learner.toBytes(await queries.read());
    await this.#store.putDeviceRecord(statisticsKey(this.#model), bytes);
  }
}

/** Codes with the basis that was learned in an earlier visit, if there is one. */
export async function adoptBasis(model: BasisModel, store: KvStore): Promise<void> {
  if (model.valueCoder.hasBasis) return;
  const kept = await store.deviceRecord(basisKey(model));
  if (kept.ok && isBytes(kept.value)) await useBasis(model, kept.value);
}

async function useBasis({ valueCoder, cache }: BasisModel, file: Bytes): Promise<void> {
  const basis = decodeBasis(file);
  if (basis && fitsCache(basis, cache.shape)) valueCoder.useBasis(await nameBasis(basis, file));
}

const basisKey = ({ kvFingerprint }: BasisModel): string => `transform basis, ${kvFingerprint}`;

const statisticsKey = ({ kvFingerprint }: BasisModel): string =>
  `basis statistics, ${kvFingerprint}`;

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

const isBytes = (value: unknown): value is Bytes => value instanceof Uint8Array;
