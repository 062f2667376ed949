import { CHUNK_TOKENS, layerGroups } from "../kv/chunk-layout.ts";
import { epochNowMs } from "../metrics/turn-timer.ts";
import { prefill } from "../model/prefill.ts";
import type { RestoreSummary } from "../protocol/engine-api.ts";
import type { MeasureDetails } from "../protocol/measures.ts";
import { planRestoration, type RestorationPlan } from "../restore/plan-restoration.ts";
import type { StoredChunk } from "../restore/staircase.ts";
import { layerMs, transferMs } from "../restore/device-profile.ts";
import type { IndexRange } from "../shared/index-range.ts";
import { commonPrefix } from "./common-prefix.ts";
import { levelOf } from "./kv-identity.ts";
import { LoadStream, type LoadedRange } from "./load-stream.ts";
import type { LoadedModel } from "./load-model-onto-gpu.ts";
import { bubbleRatioOf, type Busy } from "./restoration-timeline.ts";
import type { Origin } from "./resident-sequence.ts";
import type { RestoreRequest } from "./restore-request.ts";
import { holesOf } from "./token-ranges.ts";

type Detail = MeasureDetails["kv.restore"];

/** Under `auto`, loading that takes so much longer than predicted gets help from computing. */
const LATE = { factor: 1.5, ms: 50 };
/** How often it is looked whether loading has become so slow that computing pays. */
const RECHECK_MS = 50;

/**
 * Put the K and V of a sequence into the cache: keep what is there; load what is stored, back to front,
 * and recompute from the front meanwhile, where the plan says so or loading is late, until both meet;
 * prefill what is missing then. Believes nothing it reads: a value that is missing, damaged or not what
 * it should be makes its chunk one more hole to prefill.
 */
export async function restore(
  model: LoadedModel,
  request: RestoreRequest,
): Promise<RestoreSummary> {
  const startEpochMs = epochNowMs();
  const { tokens, conversationId, quality, scheme, onMeasure } = request;
  const { resident } = model;
  resident.cut(Math.min(commonPrefix(resident.tokens, tokens), resident.tokensAt(quality)));
  const detail: Detail = {
    conversationId,
    tokens: tokens.length,
    reusedTokens: resident.length,
    loadedTokens: 0,
    recomputedTokens: 0,
    bytesRead: 0,
    refusedChunks: 0,
    loadMs: 0,
    codec: "",
    strategy: "none",
    scheme,
    predictedMs: 0,
    bubbleRatio: 0,
  };
  if (resident.length < tokens.length) await new Restoration(model, request, detail).run();
  onMeasure({ name: "kv.restore", startEpochMs, endEpochMs: epochNowMs(), detail });
  const { reusedTokens, loadedTokens, recomputedTokens } = detail;
  return { residentTokens: resident.length, reusedTokens, loadedTokens, recomputedTokens };
}

class Restoration {
  readonly #model: LoadedModel;
  readonly #request: RestoreRequest;
  readonly #detail: Detail;
  readonly #load: LoadStream;
  readonly #startMs = performance.now();
  readonly #computed: Busy[] = [];
  #isLoading = true;

  constructor(model: LoadedModel, request: RestoreRequest, detail: Detail) {
    this.#model = model;
    this.#request = request;
    this.#detail = detail;
    this.#load = new LoadStream(model, request);
  }

  async run(): Promise<void> {
    const detail = this.#detail;
    const { promise: found, settle } = deferred<readonly StoredChunk[]>();
    if (this.#request.scheme === "recompute") this.#load.claim(this.#request.tokens.length);
    const loading = this.#load.run(settle).finally(() => {
      this.#isLoading = false;
      settle([]);
    });
    const computing = this.#compute(found, loading);
    const [{ ranges, ...loaded }] = await Promise.all([loading, computing]);
    Object.assign(detail, loaded);
    const loadEndMs = this.#load.arrivals.at(-1)?.atMs ?? this.#startMs;
    detail.loadMs = Math.max(0, loadEndMs - this.#startMs);
    await this.#fillHoles(ranges);
    const store = { startMs: this.#startMs, endMs: loadEndMs };
    const hasLoaded = this.#load.arrivals.length > 0;
    detail.bubbleRatio = bubbleRatioOf(hasLoaded ? [store] : [], this.#computed);
    this.#learn(loadEndMs);
  }

  /** Compute from the front, if the plan says so or loading is late, until what comes next is loaded. */
  async #compute(found: Promise<readonly StoredChunk[]>, loading: Promise<unknown>): Promise<void> {
    const { scheme, abandoned, tokens } = this.#request;
    const plan = this.#plan(await found);
    this.#detail.predictedMs = plan.prediction.makespanMs;
    if (scheme === "load") return;
    if (plan.recompute.length === 0 && scheme === "auto") {
      const lateMs = LATE.ms + LATE.factor * plan.prediction.makespanMs;
      await within(lateMs, loading);
    }
    if (plan.scheme === "recompute") this.#load.claim(tokens.length);
    while (this.#isLoading && !abandoned.aborted && !this.#hasMet()) {
      if (!this.#isWorthComputing()) await within(RECHECK_MS, loading);
      else if (!(await this.#computeChunk())) return;
    }
  }

  /** What comes next is loaded, or there is nothing more. */
  #hasMet(): boolean {
    const at = this.#model.resident.length;
    return at >= this.#request.tokens.length || this.#load.isLoaded(chunkStart(at));
  }

  /** The flat staircase that takes the least time: rows are computed through all layers. */
  #plan(chunks: readonly StoredChunk[]): RestorationPlan {
    const { scheme, tokens, costs } = this.#request;
    const { shape } = this.#model.transformer.cache;
    const saved = {
      tokens: tokens.length,
      residentTokens: this.#model.resident.length,
      layerGroups: layerGroups(shape),
      chunks,
      weightBytes: [],
    };
    const flat = scheme === "auto" ? (["load", "cake", "recompute"] as const) : [scheme];
    const plans = flat.map((one) => planRestoration(costs.profile, saved, one));
    return plans.reduce((best, plan) =>
      plan.prediction.makespanMs < best.prediction.makespanMs ? plan : best,
    );
  }

  /** Not if all that is left is loaded before the next chunk would be computed. */
  #isWorthComputing(): boolean {
    const { scheme, costs } = this.#request;
    if (scheme !== "auto") return true;
    const { read, prefill: cost } = costs.profile;
    const { arrivals, remainingBytes } = this.#load;
    const arrivedBytes = arrivals.reduce((sum, { bytes }) => sum + bytes, 0);
    const elapsedMs = performance.now() - this.#startMs;
    const seenMs = arrivedBytes > 0 ? (remainingBytes * elapsedMs) / arrivedBytes : elapsedMs;
    const remainingMs = Math.max(seenMs, transferMs(read, remainingBytes));
    const { config, resident } = this.#model;
    const { layers } = config;
    return (
      remainingBytes > 0 && remainingMs > layers * layerMs(cost, CHUNK_TOKENS, resident.length)
    );
  }

  /** The next one, through all layers. @returns whether it was computed to its end */
  async #computeChunk(): Promise<boolean> {
    const { resident } = this.#model;
    const { tokens } = this.#request;
    const end = Math.min(chunkStart(resident.length) + CHUNK_TOKENS, tokens.length);
    this.#load.claim(end);
    return this.#prefill(end, this.#request.abandoned);
  }

  /** Behind the resident tokens, up to `end`. */
  async #prefill(end: number, signal: AbortSignal): Promise<boolean> {
    // What is left to a turn costs it no wait for the GPU.
    if (signal.aborted) return false;
    const { resident, gpu, transformer, config } = this.#model;
    const { tokens, costs } = this.#request;
    const start = resident.length;
    const missing = Uint32Array.from(tokens.slice(start, end));
    const startMs = performance.now();
    const options = { start, output: "none", signal } as const;
    const done = await prefill(gpu.device, transformer, missing, options);
    await gpu.device.queue.onSubmittedWorkDone();
    const endMs = performance.now();
    resident.append(tokens.slice(start, start + done));
    this.#detail.recomputedTokens += done;
    this.#computed.push({ startMs, endMs });
    const { layers } = config;
    if (done > 0)
      costs.learnPrefill({ tokens: done, position: start, layers, ms: endMs - startMs });
    return done === missing.length;
  }

  /** Prefill what is neither resident nor loaded, front to back, and count rows in as they join on. */
  async #fillHoles(loaded: readonly LoadedRange[]): Promise<void> {
    const { tokens, abandoned, handedOver } = this.#request;
    const { resident } = this.#model;
    const signal = AbortSignal.any([abandoned, handedOver]);
    if (abandoned.aborted) return;
    const holes = holesOf(loaded, { start: resident.length, end: tokens.length });
    // What is resident up to the first hole is stored, if what was resident before is.
    const stored = holes[0]?.start ?? tokens.length;
    if (resident.savedTokens === resident.length) resident.markSaved(stored);
    const parts: (IndexRange | LoadedRange)[] = [...holes, ...loaded];
    for (const part of parts.toSorted((a, b) => a.start - b.start)) {
      if ("lineage" in part) this.#join(part);
      else if (!(await this.#prefill(part.end, signal))) return;
    }
  }

  #join({ end, lineage, decoded }: LoadedRange): void {
    const { resident } = this.#model;
    const before = resident.length;
    const origin: Origin = { level: levelOf(lineage), decoded };
    resident.append(this.#request.tokens.slice(before, Math.max(before, end)), origin);
    this.#detail.loadedTokens += resident.length - before;
  }

  #learn(loadEndMs: number): void {
    const { arrivals, bytes } = this.#load;
    const ms = loadEndMs - this.#startMs;
    if (bytes === 0 || ms <= 0) return;
    // What decoding takes is not seen apart: a software GPU does it on the reader's cores.
    this.#request.costs.learn({ read: [{ bytes, values: arrivals.length, ms }] });
  }
}

/** When it has settled, or after so long. */
const within = (ms: number, work: Promise<unknown>): Promise<unknown> =>
  Promise.race([work, new Promise((resolve) => setTimeout(resolve, ms))]);

const chunkStart = (token: number): number => Math.floor(token / CHUNK_TOKENS) * CHUNK_TOKENS;

/** Node 20 has no `Promise.withResolvers`. */
function deferred<T>(): { promise: Promise<T>; settle: (value: T) => void } {
  let settle: (value: T) => void = () => undefined;
  const promise = new Promise<T>((resolve) => (settle = resolve));
  return { promise, settle };
}
