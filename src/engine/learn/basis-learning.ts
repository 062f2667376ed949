import { BasisLearner } from "../../kv/basis/basis-learner.ts";
import { chooseGroups, firstLayers } from "../../kv/basis/choose-groups.ts";
import { FIRST_TOKENS, isFitDue, isLearned } from "../../kv/basis/fit-schedule.ts";
import type { Weightings } from "../../kv/basis/model-weightings.ts";
import { createQueryMoments, type QueryMomentEstimator } from "../../kv/basis/query-moments.ts";
import { CHUNK_TOKENS } from "../../kv/cache/chunk-layout.ts";
import { componentsOf, matrixBytes, type TransformBasis } from "../../kv/codecs/transform-basis.ts";
import { encodeBasis } from "../../kv/codecs/transform/basis-file.ts";
import { epochNowMs } from "../../metrics/turn-timer.ts";
import { ropeFrequencies } from "../../model/rope.ts";
import type { EngineMeasure } from "../../protocol/measures.ts";
import { ChunkChain } from "../sequence/chunk-chain.ts";
import { codableChunks } from "../sequence/codable-chunks.ts";
import type { KvStore } from "../sequence/kv-connection.ts";
import type {
  CachedRows,
  RunnableModel,
  StorableRows,
  TextModel,
  WatchedModel,
} from "../sequence/prepared-model.ts";
import type { DecodingWork } from "../sequence/restoration-costs.ts";
import { inUsualUnit } from "./basis-unit.ts";
import { groupTermsOf } from "./group-terms.ts";
import type { KeptBases } from "./kept-bases.ts";
import { measureHarm, wholeHarm } from "./layer-harm.ts";
import { recordOfState, stateOf, type LearningState } from "./learning-state.ts";
import { readPriors, readWeightings } from "./read-projections.ts";

/** Statistics may take half as many bytes as the weights, so they are stored only after this many more tokens. */
const KEPT_AFTER_TOKENS = 512;

/** What a basis is learned from, and what with. */
export type LearningModel = Pick<TextModel, "info" | "config"> &
  CachedRows &
  StorableRows &
  WatchedModel &
  Pick<RunnableModel, "transformer" | "weights">;

interface LearningParts {
  model: LearningModel;
  store: KvStore;
  bases: KeptBases;
  onMeasure: (measure: EngineMeasure) => void;
}

/** What is learned with, and how far that has come. */
interface Progress {
  learner: BasisLearner;
  queries: QueryMomentEstimator;
  state: LearningState;
  /** The most layers of a group of the first basis. */
  firstLayers: number;
  /** Tokens of the statistics that are stored. */
  keptTokens: number;
  /** What a fit was begun with that a turn has interrupted. */
  weightings: Weightings | undefined;
}

/**
 * Learns a basis to transform a model's KV with, where none came with the model. It does so on the device, between
 * turns, from what the person chats. The first basis is made of the weights, when there is one chunk of rows to take
 * means from. Later ones follow the rows. Until there is one, rows are stored in fewer bits instead.
 */
export class BasisLearning {
  readonly #model: LearningModel;
  readonly #store: KvStore;
  readonly #bases: KeptBases;
  readonly #onMeasure: (measure: EngineMeasure) => void;
  #progress: Promise<Progress | undefined> | undefined;
  /** Names of chunks that were learned from, since a branch of a conversation has some of them again. */
  readonly #seen = new Set<string>();
  /** Settles when a run no longer uses what `#progress` has. */
  #running: Promise<unknown> = Promise.resolve();

  constructor({ model, store, bases, onMeasure }: LearningParts) {
    this.#model = model;
    this.#store = store;
    this.#bases = bases;
    this.#onMeasure = onMeasure;
  }

  /** Whether there is no basis, and a run may make one of what is resident. */
  get mayMakeFirst(): boolean {
    const { valueCoder, resident } = this.#model;
    return !valueCoder.hasBasis && codableChunks(resident).length * CHUNK_TOKENS >= FIRST_TOKENS;
  }

  /** What decoding takes with the basis that would be learned. Undefined if none is, or if it came with the model. */
  get decoding(): DecodingWork | undefined {
    if (this.#bases.isShipped) return undefined;
    const { shape } = this.#model.cache;
    const chosen = chooseGroups(shape, groupTermsOf(this.#model));
    if (!chosen) return undefined;
    const { groups, decodeMultiplications } = chosen;
    return { decodeMultiplications, preparedBytes: matrixBytes(shape, groups) };
  }

  /**
   * Makes sure that nothing is coded any more with a basis that was cleared meanwhile, and that one which another tab
   * has made meanwhile is not made again.
   */
  async heedOthers(): Promise<void> {
    if (await this.#bases.wereCleared()) this.stop();
    await this.#bases.adopt();
  }

  /** Learns from the resident rows and, when it is time, fits a basis. Uses the cache until it settles. */
  async run(signal: AbortSignal): Promise<void> {
    const { transformer, attention } = this.#model;
    // Nothing that is run again meanwhile is evidence of how the conversation attends.
    transformer.sampleAttention(undefined);
    const running = this.#learnOrFit(signal);
    this.#running = running;
    try {
      await running;
    } finally {
      transformer.sampleAttention(attention.sampler);
    }
  }

  /** Forgets what was not stored yet. A later run begins from what was. */
  stop(): void {
    const progress = this.#progress;
    this.#progress = undefined;
    this.#seen.clear();
    this.#model.attention.sampleQueries(undefined);
    const free = async () => {
      await this.#running.catch(() => undefined);
      const begun = await progress;
      begun?.learner.destroy();
      begun?.queries.destroy();
    };
    // If preparing failed, there is nothing to free.
    free().catch(() => undefined);
  }

  async #learnOrFit(signal: AbortSignal): Promise<void> {
    if (this.#bases.isShipped) return;
    // Most conversations are too short to learn from: for them nothing is compiled.
    if (!this.#progress && codableChunks(this.#model.resident).length === 0) return;
    this.#progress ??= this.#prepare();
    const progress = await this.#progress;
    if (!progress || signal.aborted) return;
    if (await this.#wasForgotten(progress)) {
      this.stop();
      return;
    }
    await this.#learn(progress);
    const { learner, state } = progress;
    if (isFitDue(learner.tokens, state.fittedTokens)) await this.#fit(progress, signal);
    else if (learner.tokens >= progress.keptTokens + KEPT_AFTER_TOKENS) await this.#keep(progress);
  }

  /** @returns undefined where nothing is to be learned, or nothing more */
  async #prepare(): Promise<Progress | undefined> {
    const { hardware, cache, config, transformer, valueCoder } = this.#model;
    const about = { layers: cache.layers.length, hasBasis: valueCoder.hasBasis };
    const state = stateOf(await this.#read(this.#stateKey), about);
    const chosen = chooseGroups(cache.shape, groupTermsOf(this.#model));
    if (!chosen || isLearned(state.fittedTokens)) return undefined;
    const frequencies = ropeFrequencies(config);
    const learner = await BasisLearner.create(hardware, cache, chosen.groups, frequencies);
    const queries = await createQueryMoments(hardware.device, transformer.attentionInputs, {
      frequencies,
    });
    const kept = await this.#read(this.#statisticsKey);
    const known = kept instanceof Uint8Array ? learner.fromBytes(kept.slice()) : undefined;
    if (known?.queries) queries.restore(known.queries);
    this.#model.attention.sampleQueries(queries);
    return {
      learner,
      queries,
      state,
      firstLayers: firstLayers(cache.shape, chosen.groups),
      keptTokens: learner.tokens,
      weightings: undefined,
    };
  }

  /** Whether statistics that were stored are gone: then what they are of is not to be stored again. */
  async #wasForgotten({ keptTokens }: Progress): Promise<boolean> {
    if (keptTokens === 0) return false;
    const kept = await this.#store.hasDeviceRecord(this.#statisticsKey);
    return kept.ok && !kept.value;
  }

  /** Learns from rows that it has not seen, and that are exact. */
  async #learn({ learner }: Progress): Promise<void> {
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

  async #fit(progress: Progress, signal: AbortSignal): Promise<void> {
    const startEpochMs = epochNowMs();
    const { learner, queries, state } = progress;
    progress.weightings ??= await readWeightings(this.#model, await queries.read(), signal);
    const { weightings } = progress;
    if (!weightings) return;
    const harm = await this.#measureHarm(progress, weightings, signal);
    if (!harm || signal.aborted) return;
    const { tokens } = learner;
    const priorOf = (layers: { start: number; end: number }) => readPriors(this.#model, layers);
    const isFirst = state.fittedTokens === undefined;
    const mostLayers = isFirst ? progress.firstLayers : Infinity;
    const fitted = await learner.fit({ weightings, harm, priorOf, mostLayers }, { signal });
    const basis = fitted && (await inUsualUnit(this.#model, fitted, signal));
    if (!basis) return;
    progress.weightings = undefined;
    const file = encodeBasis(basis);
    await this.#bases.replace(file);
    state.fittedTokens = tokens;
    await this.#store.putDeviceRecord(this.#stateKey, recordOfState(state));
    await this.#keepOrEnd(progress);
    const detail = { tokens, bytes: file.length, components: keyComponents(basis) };
    this.#onMeasure({ name: "kv.learn", startEpochMs, endEpochMs: epochNowMs(), detail });
  }

  async #measureHarm({ state }: Progress, weightings: Weightings, signal: AbortSignal) {
    const known = state.harm;
    state.harm = await measureHarm(this.#model, { known, weightings, signal });
    if (state.harm !== known)
      await this.#store.putDeviceRecord(this.#stateKey, recordOfState(state));
    return wholeHarm(state.harm);
  }

  async #keepOrEnd(progress: Progress): Promise<void> {
    if (!isLearned(progress.state.fittedTokens)) return this.#keep(progress);
    await this.#store.putDeviceRecord(this.#statisticsKey, undefined);
    this.stop();
    this.#progress = Promise.resolve(undefined);
  }

  async #keep(progress: Progress): Promise<void> {
    const { learner, queries } = progress;
    const { tokens } = learner;
    const bytes = await learner.toBytes(await queries.read());
    const put = await this.#store.putDeviceRecord(this.#statisticsKey, bytes);
    if (put.ok) progress.keptTokens = tokens;
  }

  async #read(name: string): Promise<unknown> {
    const record = await this.#store.deviceRecord(name);
    return record.ok ? record.value : undefined;
  }

  get #stateKey(): string {
    return `learned, state, ${this.#model.kvFingerprint}`;
  }

  get #statisticsKey(): string {
    return `basis statistics, ${this.#model.kvFingerprint}`;
  }
}

const keyComponents = ({ groups }: TransformBasis): number =>
  groups.reduce((sum, group) => sum + componentsOf(group)[0], 0);
