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

/** What one stream of a restoration did for a while, without a pause. */
export interface RestorationSpan {
  stream: "store" | "gpu";
  /** `weights` and `compile` are the model's, if a restoration waits for them: of no rows. */
  work: "weights" | "read" | "decode" | "compile" | "recompute";
  /** From the measure's start, in ms. */
  startMs: number;
  endMs: number;
  /** Of the conversation, half-open. */
  tokens: { start: number; end: number };
  layers: { start: number; end: number };
  /** Read or uploaded; 0 of computing. */
  bytes: number;
}

export interface RunDetail {
  runId: string;
  conversationId: string;
}

export interface MeasureDetails {
  /** From `load()` to ready. The parts overlap: shards download while earlier ones upload. */
  "model.load": {
    url: string;
    /** Bytes of all weight shards. */
    weightBytes: number;
    /** Of these, bytes that came over the network; the rest came from Cache Storage. */
    networkBytes: number;
    /** Time until every pipeline was compiled. */
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
  /** From the call of `generate()` to the first token whose text is not empty. */
  "chat.ttft": RunDetail & { breakdown: TtftBreakdown };
  /** From the first token to the last. */
  "chat.decode": RunDetail & {
    generatedTokens: number;
    /** Time per output token after the first; 0 when there was only one. */
    tpotMs: number;
  };
  /** From `open()` to a cache that is ready for the next turn, or to whatever took over. */
  "kv.restore": {
    conversationId: string;
    /** Of the conversation so far. */
    tokens: number;
    reusedTokens: number;
    loadedTokens: number;
    recomputedTokens: number;
    bytesRead: number;
    /** Chunks that were found and then missing, damaged or not of this model. */
    refusedChunks: number;
    /** Part of the time: until the last stored row was uploaded. */
    loadMs: number;
    /** Of what was loaded; several are joined by " + ". */
    codec: string;
    /** What layers have to do with each other: "none", "krul" (some share) or "transform"; several are joined. */
    strategy: string;
    scheme: string;
    /** By the planner, of its plan: until all rows are there, from when it was made; 0 if all was resident. */
    predictedMs: number;
    /** What it came to. */
    makespanMs: number;
    /**
     * Idle time of the store and of the GPU, added up, over the makespan: 1 when one of them does it all; more
     * when both wait for something else, an index or a kernel that compiles.
     */
    bubbleRatio: number;
    /** Of both streams, in the order they began. */
    timeline: RestorationSpan[];
  };
  /** From rows on the GPU to a committed transaction. Overlaps with decoding. */
  "kv.persist": {
    conversationId: string;
    chunks: number;
    tokens: number;
    bytesWritten: number;
    bytesEvicted: number;
    codec: string;
    /** Why nothing was kept, if so; the conversation is not affected. */
    failure?: string;
  };
  /**
   * From the end of a turn to chunks that are stored in fewer bytes, or to the finding that none hold.
   * Runs while nothing else does; a turn that begins ends it, and it leaves no measure then.
   */
  "kv.compress": {
    conversationId: string;
    level: string;
    chunks: number;
    tokens: number;
    /** Of these chunks, as they are and as they were stored; equal if they are kept as they are. */
    bytesBefore: number;
    bytesAfter: number;
    codec: string;
    strategy: string;
    /** Layers that share another's rows. */
    pairs: number;
    /** Forms that were measured. */
    tried: number;
    /** These, in the order they were tried: why it is the last of them, or none. */
    candidates: CandidateDetail[];
    /** Why none of them is transformed: there is no basis, or here a chunk is computed sooner than decoded. */
    untransformed?: "no-basis" | "slow-decoding";
    /** Of the one that was taken, over the conversation's last tokens: mean KL in nats, share of same likeliest tokens. */
    meanKl: number;
    top1: number;
    failure?: string;
  };
  /**
   * From enough that was seen of how rows vary to a basis they are transformed with. Runs while nothing else
   * does; a turn that begins ends it, and it leaves no measure then.
   */
  "kv.learn": {
    /** Rows that it is learned from. */
    tokens: number;
    /** Of the basis. */
    bytes: number;
    /** Of K of all groups together; V's are as many. */
    components: number;
  };
}

/** A form that chunks might have been stored in. */
export interface CandidateDetail {
  codec: string;
  pairs: number;
  /** Of what would have been stored. */
  bytes: number;
  meanKl: number;
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
