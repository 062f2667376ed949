import { CHUNK_TOKENS } from "../../kv/cache/chunk-layout.ts";
import { layerDistances } from "../../kv/sharing/attention-similarity.ts";
import {
  guardInTurn,
  QUALITY_BUDGETS,
  type CompressionCandidate,
  type GuardVerdict,
} from "../../kv/quality/quality-guard.ts";
import {
  EDGE_THRESHOLD,
  selectPairs,
  type LayerSharingMap,
} from "../../kv/sharing/select-pairs.ts";
import { familyOfRate } from "../../kv/quality/rate-ladders.ts";
import { storedForm } from "../../kv/quality/stored-forms.ts";
import type { ChunkRun, StoredForm } from "../../kv/value/stored-form.ts";
import { epochNowMs } from "../../metrics/turn-timer.ts";
import type { LossyLevel } from "../../protocol/quality.ts";
import type { ChunkMeta, ChunkWrite } from "../../protocol/kv-store-api.ts";
import type { EngineMeasure, MeasureDetails } from "../../protocol/measures.ts";
import { EngineError } from "../../shared/engine-error.ts";
import { BasisLearning } from "../learn/basis-learning.ts";
import { ChunkChain } from "../sequence/chunk-chain.ts";
import { codableChunks } from "../sequence/codable-chunks.ts";
import { firstCandidates, whyUntransformed } from "./first-candidates.ts";
import { comparedForm, type UnjudgedForm } from "./compared-forms.ts";
import type { KvStore } from "../sequence/kv-connection.ts";
import { lineageOf } from "../sequence/kv-identity.ts";
import { KvReplay } from "../replay/kv-replay.ts";
import type { StoredConversation } from "../sequence/stored-conversation.ts";
import type { ReadyModel } from "../sequence/prepared-model.ts";
import { StoredSequence } from "../sequence/stored-sequence.ts";

type Values = Uint8Array<ArrayBuffer>[];
type Detail = MeasureDetails["kv.compress"];

/** Layers that share at first; the guard takes pairs away, never adds. Krul's is 0.29. */
const SHARED_LAYERS = 0.1;
/** Rows that a conversation must have been seen attend in before layers are chosen. */
const LEAST_ROWS = 16;

/** Rows that are kept beside the cache meanwhile take this much GPU memory at most. */
const BACKUP_BYTES = 64 * 2 ** 20;

interface CompressorParts {
  model: ReadyModel;
  store: KvStore;
  onMeasure: (measure: EngineMeasure) => void;
}

/** A conversation that may be stored in fewer bytes. */
interface Asked extends StoredConversation {
  quality: LossyLevel;
}

/** Chunks on their way into another form. */
interface Job {
  conversationId: string;
  level: LossyLevel;
  chain: ChunkChain;
  runs: readonly ChunkRun[];
  /** Other forms of these chunks, which go. */
  others: readonly ChunkMeta[];
}

/**
 * Stores what has left the recent window of a conversation in fewer bytes, as far as what comes next
 * holds the level's budget. Runs between turns, one pass at a time; a turn interrupts it.
 */
export class KvCompressor {
  readonly #parts: CompressorParts;
  #pass: { abort: AbortController; done: Promise<void> } | undefined;
  /** Settles when the cache is no longer used, in whatever state the pass is. Never rejects. */
  #judging: Promise<unknown> = Promise.resolve();
  /** Chunks that no form held for: they stay as they are while this model is loaded. */
  readonly #refused = new Set<string>();
  /** Conversations in which sharing lost to fewer bits, or to the budget. */
  readonly #unshared = new Set<string>();
  readonly #learning: BasisLearning;

  constructor(parts: CompressorParts) {
    this.#parts = parts;
    this.#learning = new BasisLearning(parts);
  }

  /** A turn has ended. @param saved resolves when its rows are stored as they are */
  start(conversation: StoredConversation, saved: Promise<void>): void {
    const { quality } = conversation;
    if (quality === "exact") return;
    const abort = new AbortController();
    const before = this.#pass?.done;
    const run = async () => {
      await Promise.all([before, saved]);
      if (!abort.signal.aborted) await this.#compress({ ...conversation, quality }, abort.signal);
      if (!abort.signal.aborted) await this.#learn(abort.signal);
    };
    const done = run().catch(() => undefined);
    this.#pass = { abort, done };
  }

  /** Resolves when the cache is as the last turn left it, and nothing here uses it. */
  async interrupt(): Promise<void> {
    this.#pass?.abort.abort();
    await this.#judging;
  }

  /** Nothing that is run again meanwhile is evidence of how the conversation attends. */
  async #learn(signal: AbortSignal): Promise<void> {
    const { model } = this.#parts;
    model.transformer.sampleAttention(undefined);
    const learning = this.#learning.run(signal).finally(() => {
      model.transformer.sampleAttention(model.attention.sampler);
    });
    this.#judging = settled(learning, model.gpu.device);
    await learning;
  }

  async #compress(asked: Asked, signal: AbortSignal): Promise<void> {
    const startEpochMs = epochNowMs();
    const { conversationId, quality: level } = asked;
    const job = await this.#plan(asked);
    if (!job || signal.aborted) return;
    const detail: Detail = {
      conversationId,
      level,
      chunks: job.runs.length,
      tokens: job.runs.length * CHUNK_TOKENS,
      bytesBefore: job.runs.length * CHUNK_TOKENS * this.#tokenBytes,
      bytesAfter: job.runs.length * CHUNK_TOKENS * this.#tokenBytes,
      codec: "f16",
      strategy: "none",
      pairs: 0,
      tried: 0,
      candidates: [],
      meanKl: 0,
      top1: 1,
    };
    try {
      const { shape } = this.#parts.model.transformer.cache;
      const unjudged =
        asked.storedAs &&
        comparedForm(asked.storedAs, shape, await this.#chooseMap(conversationId));
      const ended = unjudged
        ? await this.#storeUnjudged(job, unjudged, detail, signal)
        : await this.#encodeAndStore(job, detail, signal);
      if (!ended) return;
    } catch (error) {
      detail.failure = error instanceof EngineError ? error.failure.code : String(error);
    }
    const endEpochMs = epochNowMs();
    this.#parts.onMeasure({ name: "kv.compress", startEpochMs, endEpochMs, detail });
  }

  get #tokenBytes(): number {
    const { cache } = this.#parts.model.transformer;
    return cache.rowBytes * cache.layers.length;
  }

  /** What there is to do, if anything. */
  async #plan({ conversationId, quality: level }: Asked): Promise<Job | undefined> {
    const { model, store } = this.#parts;
    const codable = codableChunks(model.resident);
    if (codable.length === 0) return undefined;
    const chain = await ChunkChain.of(model.resident.tokens.slice(), CHUNK_TOKENS);
    const names = chain.namesIn(level);
    const nameOf = ({ start }: ChunkRun) => names[start / CHUNK_TOKENS] ?? "";
    const { kvFingerprint: fingerprint } = model;
    const sought = { conversationId, fingerprint, chain, quality: level };
    const found = await StoredSequence.find(store, sought);
    if (!found.ok) return undefined;
    const coded = new Set(found.value.full.map(({ prefixHash }) => prefixHash));
    const most = Math.max(1, Math.floor(BACKUP_BYTES / (CHUNK_TOKENS * this.#tokenBytes)));
    const runs = codable
      .filter((run) => !coded.has(nameOf(run)) && !this.#refused.has(nameOf(run)))
      .slice(0, most);
    const starts = new Set(runs.map(({ start }) => start));
    const others = found.value.full.filter(
      ({ startToken, prefixHash }) => starts.has(startToken) && lineageOf(prefixHash) !== level,
    );
    return runs.length > 0 ? { conversationId, level, chain, runs, others } : undefined;
  }

  /** @returns whether it came to an end */
  async #encodeAndStore(job: Job, detail: Detail, signal: AbortSignal): Promise<boolean> {
    const untransformed = whyUntransformed(this.#parts.model, job);
    if (untransformed) detail.untransformed = untransformed;
    const judging = this.#judge(job, signal);
    this.#judging = settled(judging, this.#parts.model.gpu.device);
    const judged = await judging;
    if (!judged) return false;
    const { verdict, values } = judged;
    const { accepted, measure, measured } = verdict;
    detail.tried = measured.length;
    detail.candidates = measured.map(({ candidate, measure: measures }) => {
      const { codec, map } = candidate;
      return { codec, pairs: map.pairs.length, ...measures };
    });
    if (!values) {
      const names = job.chain.namesIn(job.level);
      for (const { start } of job.runs) this.#refused.add(names[start / CHUNK_TOKENS] ?? "");
      return true;
    }
    const { pairs } = accepted.map;
    const form = storedForm(accepted, this.#parts.model.transformer.cache.shape);
    const codec = form ? this.#codecsOf(form) : "f16";
    const strategy = strategyOf(accepted);
    const { meanKl = 0, top1 = 1 } = measure ?? {};
    Object.assign(detail, { codec, strategy, pairs: pairs.length, meanKl, top1 });
    detail.bytesAfter = measure?.bytes ?? detail.bytesBefore;
    await this.#commit(job, values);
    return true;
  }

  /** The same for a form that nobody judges: for comparing. */
  async #storeUnjudged(
    job: Job,
    { form, strategy }: UnjudgedForm,
    detail: Detail,
    signal: AbortSignal,
  ): Promise<boolean> {
    const encoding = this.#encode(job.runs, form, signal);
    this.#judging = settled(encoding, this.#parts.model.gpu.device);
    const values = await encoding;
    if (!values) return false;
    Object.assign(detail, { codec: this.#codecsOf(form), strategy, pairs: form.pairs.length });
    detail.bytesAfter = bytesOf(values);
    await this.#commit(job, values);
    return true;
  }

  /**
   * The form that holds, and the chunks in it; none if they stay as they are. Undefined if a turn began
   * meanwhile.
   */
  async #judge(
    job: Job,
    signal: AbortSignal,
  ): Promise<{ verdict: GuardVerdict; values: Values[] | undefined } | undefined> {
    const { model } = this.#parts;
    const map = await this.#chooseMap(job.conversationId);
    if (signal.aborted) return undefined;
    const replay = new KvReplay(model, job.runs, signal);
    const made = new Map<CompressionCandidate, Values[]>();
    const measure = async (candidate: CompressionCandidate) => {
      const form = storedForm(candidate, model.transformer.cache.shape);
      if (!form) throw new Error("invariant: rows as they are need not be judged");
      const values = await this.#encode(job.runs, form, signal);
      if (!values) throw new Interrupted();
      const quality = await replay.measure(values);
      if (!quality) throw new Interrupted();
      made.set(candidate, values);
      return { ...quality, bytes: bytesOf(values) };
    };
    try {
      const verdict = await guardInTurn(
        firstCandidates(model, { map, ...job }),
        measure,
        QUALITY_BUDGETS[job.level],
      );
      const { accepted } = verdict;
      if (map.pairs.length > 0 && accepted.map.pairs.length === 0)
        this.#unshared.add(job.conversationId);
      return { verdict, values: made.get(accepted) };
    } catch (error) {
      if (error instanceof Interrupted) return undefined;
      throw error;
    } finally {
      replay.end();
    }
  }

  /** Which layers might share, by how this conversation was seen to attend. */
  async #chooseMap(conversationId: string): Promise<LayerSharingMap> {
    const { attention, transformer } = this.#parts.model;
    const { similarity } = attention;
    const layers = transformer.cache.layers.length;
    const none = { layers, pairs: [] };
    if (!similarity || this.#unshared.has(conversationId)) return none;
    const { gram, edgeMass, rows } = await similarity.read();
    if (rows < LEAST_ROWS) return none;
    const evidence = { edgeMass, distances: layerDistances(gram) };
    // Every architecture that is loaded has layers of one kind.
    const kinds = transformer.cache.layers.map(() => "all");
    const target = { layerShare: SHARED_LAYERS };
    return selectPairs(kinds, evidence, { edgeThreshold: EDGE_THRESHOLD, target }).map;
  }

  /** Undefined if a turn began meanwhile. */
  async #encode(
    runs: readonly ChunkRun[],
    form: StoredForm,
    signal: AbortSignal,
  ): Promise<Values[] | undefined> {
    const values: Values[] = [];
    for (const run of runs) {
      if (signal.aborted) return undefined;
      values.push(await this.#parts.model.valueCoder.encode(run, form));
    }
    return signal.aborted ? undefined : values;
  }

  #codecsOf({ codecOf }: StoredForm): string {
    const layers = [...this.#parts.model.transformer.cache.layers.keys()];
    return [...new Set(layers.map(codecOf))].join(" + ");
  }

  async #commit(job: Job, values: readonly Values[]): Promise<void> {
    const { model, store } = this.#parts;
    const { kvFingerprint: fingerprint } = model;
    const writes: ChunkWrite[] = [];
    for (const [i, { start, tokens }] of job.runs.entries()) {
      const range = { start, end: start + tokens };
      const groups = values[i] ?? [];
      const meta = {
        fingerprint,
        ...(await job.chain.namedAs(range, job.level)),
        startToken: start,
        tokens,
        full: true,
        groupBytes: groups.map(({ length }) => length),
      };
      writes.push({ meta, values: groups });
    }
    const superseded = job.others.map(({ prefixHash }) => prefixHash);
    const { conversationId } = job;
    const result = await store.commit({ conversationId, fingerprint, writes, superseded });
    if (!result.ok) throw new EngineError(result.failure);
  }
}

function strategyOf({ codec, map }: CompressionCandidate): string {
  if (familyOfRate(codec).name === "transform") return "transform";
  return map.pairs.length > 0 ? "krul" : "none";
}

const bytesOf = (values: readonly Values[]): number =>
  values.flat().reduce((sum, { length }) => sum + length, 0);

/** When the work is over, or its device is: calls to a lost one may never settle. */
const settled = (work: Promise<unknown>, { lost }: GPUDevice): Promise<unknown> =>
  Promise.race([work.catch(() => undefined), lost]);

/** A turn began. */
class Interrupted extends Error {}
