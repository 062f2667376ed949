/**
 * The public measurement surface: every User Timing measure and its `detail`.
 *
 * Workers measure, the page re-emits: `performance.getEntriesByType("measure")` on the page shows all
 * of them. Times are milliseconds.
 */

/** Where the time to first token went. The parts do not overlap and sum to the measure's duration. */
export interface TtftBreakdown {
  /** Render the template, tokenise, find the common prefix. */
  planMs: number;
  prefillMs: number;
  /** Sample the first token and the ones after it until the first with text. */
  firstTokenMs: number;
}

/** A stretch of time in which one stream of a restoration did one kind of work. */
export interface RestorationSpan {
  stream: "store" | "gpu";
  /** `weights` and `compile` are the model's own work that a restoration waits for; they concern no rows. */
  work: "weights" | "read" | "decode" | "compile" | "recompute";
  /** Both times count from the measure's start. */
  startMs: number;
  endMs: number;
  /** Tokens of the conversation and layers whose rows it concerns, half-open. */
  tokens: { start: number; end: number };
  layers: { start: number; end: number };
  /** Bytes that were read or decoded; 0 for computing. */
  bytes: number;
}

export interface RunDetail {
  runId: string;
  conversationId: string;
}

export interface MeasureDetails {
  /** A load of a model, from `load()` to ready. The parts overlap: shards download while earlier ones upload. */
  "model.load": {
    url: string;
    /** Bytes of all weight shards. */
    weightBytes: number;
    /** Bytes of these that came over the network; the rest came from Cache Storage. */
    networkBytes: number;
    /** Time until every GPU pipeline was compiled. */
    compileMs: number;
    adapter: string;
  };
  /** The prompt's run through the model, up to its logits. */
  "chat.prefill": RunDetail & {
    promptTokens: number;
    /** Tokens whose K and V were already in the KV cache. */
    reusedTokens: number;
    /** Tokens really run: `promptTokens - reusedTokens`. */
    prefilledTokens: number;
  };
  /** The time to first token: from the call of `generate()` to the first token whose text is not empty. */
  "chat.ttft": RunDetail & { breakdown: TtftBreakdown };
  /** Decoding, from the first token to the last. */
  "chat.decode": RunDetail & {
    generatedTokens: number;
    /** Time per output token after the first, without what the machine slept; 0 when there was only one. */
    tpotMs: number;
  };
  /** A restoration, from `open()` to a cache that is ready for the next turn, or to the call that took over. */
  "kv.restore": {
    conversationId: string;
    /** Tokens of the conversation so far. */
    tokens: number;
    reusedTokens: number;
    loadedTokens: number;
    recomputedTokens: number;
    bytesRead: number;
    /** Chunks that were found and then missing, damaged or not of this model. */
    refusedChunks: number;
    /** The part of the time until the last stored row was uploaded. */
    loadMs: number;
    /** Codecs of the values that were loaded, joined by " + ". */
    codec: string;
    /** How layers are stored together: "none", "krul" (some layers share rows) or "transform"; several are joined. */
    strategy: string;
    scheme: string;
    /** Time until all rows are in place, as the planner predicted it; 0 if all were resident. */
    predictedMs: number;
    /** The time that it really took. */
    makespanMs: number;
    /**
     * Idle time of the store and of the GPU, added up, over the makespan. It is 1 when one of them does all the
     * work, and more when both wait for something else, such as an index or a kernel that compiles.
     */
    bubbleRatio: number;
    /** What decoding was expected to take and took, for each codec family, where nothing was computed meanwhile. */
    decoded: DecodedFamily[];
    /** Work of both streams, in the order in which it began. */
    timeline: RestorationSpan[];
  };
  /** Storing rows, from the GPU to a committed transaction. It overlaps with decoding. */
  "kv.persist": {
    conversationId: string;
    chunks: number;
    tokens: number;
    bytesWritten: number;
    bytesEvicted: number;
    codec: string;
    /** Why nothing was stored; absent if something was. The conversation is not affected. */
    failure?: string;
  };
  /** Storing chunks in a form that needs no judging. A better one may take its place, which `kv.compress` tells. */
  "kv.safe": {
    conversationId: string;
    chunks: number;
    /** Bytes of these chunks before and after. */
    bytesBefore: number;
    bytesAfter: number;
    codec: string;
  };
  /**
   * Compressing chunks, from the end of a turn to chunks that are stored in fewer bytes, or to the finding that no
   * form keeps within the budget. It runs while nothing else does. A turn that begins ends it, and then there is no
   * measure of it.
   */
  "kv.compress": {
    conversationId: string;
    level: string;
    chunks: number;
    tokens: number;
    /** Bytes of these chunks before and after; equal if they stay as they are. */
    bytesBefore: number;
    bytesAfter: number;
    codec: string;
    strategy: string;
    /** Number of layers that share the rows of another one. */
    pairs: number;
    /** Number of forms that were measured. */
    tried: number;
    /** Tokens that were run through the model for it, counted each time. */
    replayedTokens: number;
    /** Bytes that were held for it beside the cache, at most. */
    heldBytes: number;
    /** The forms that were measured, in the order in which they were tried. */
    candidates: CandidateDetail[];
    /**
     * Why no transformed form was tried: there is no basis, another form comes back sooner here, or it did not hold in
     * earlier conversations.
     */
    untransformed?: "no-basis" | "slow-decoding" | "never-held";
    /**
     * Quality of the form that was taken, over the conversation's last tokens: mean KL divergence in nats, the KL that
     * 95 % of the positions do not exceed, the share of positions at which another token than the right one is
     * likeliest and no near-tie explains it, and the share of positions with the same likeliest token.
     */
    meanKl: number;
    p95Kl: number;
    flips: number;
    top1: number;
    failure?: string;
  };
  /**
   * Learning the basis that rows are transformed with, once enough rows were seen. It runs while nothing else does. A
   * turn that begins ends it, and then there is no measure of it.
   */
  "kv.learn": {
    /** Number of tokens that it is learned from. */
    tokens: number;
    /** Size of the basis. */
    bytes: number;
    /** Components of K in all layer groups together; V has as many. */
    components: number;
  };
}

/** Values of one codec family that a restoration decoded. */
export interface DecodedFamily {
  family: string;
  values: number;
  bytes: number;
  predictedMs: number;
  ms: number;
}

/** A form that chunks might have been stored in, as it was measured. */
export interface CandidateDetail {
  codec: string;
  pairs: number;
  /** Bytes that would have been stored. */
  bytes: number;
  meanKl: number;
  p95Kl: number;
  flips: number;
  top1: number;
}

export type MeasureName = keyof MeasureDetails;

/** One measure on its way to the page. Times since the Unix epoch, because threads differ in origin. */
export type EngineMeasure = {
  [Name in MeasureName]: {
    name: Name;
    startEpochMs: number;
    endEpochMs: number;
    detail: MeasureDetails[Name];
  };
}[MeasureName];
