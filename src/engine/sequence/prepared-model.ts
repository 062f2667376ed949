import type { Hardware } from "../../device/device.ts";
import type { KvCache } from "../../kv/cache/kv-cache.ts";
import type { RowMover } from "../../kv/cache/reposition-rows.ts";
import type { ValueCoder } from "../../kv/value/value-coder.ts";
import type { KernelVariant } from "../../model/forward/kernel-variant.ts";
import type { Transformer } from "../../model/forward/transformer.ts";
import type { ModelConfig } from "../../model/model-config.ts";
import type { ModelWeights } from "../../model/weights.ts";
import type { ModelInfo } from "../../protocol/engine-api.ts";
import type { PromptWriter } from "../../tokenizer/prompt-writer.ts";
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";
import type { AttentionWatch } from "./attention-watch.ts";
import type { LayerArrival } from "./layer-arrival.ts";
import type { ParkedRows } from "./parked-rows.ts";
import type { ResidentSequence } from "./resident-sequence.ts";
import type { RestorationCosts } from "./restoration-costs.ts";

/** What turns a conversation into tokens, and tokens into text. */
export interface TextModel {
  info: ModelInfo;
  config: ModelConfig;
  tokenizer: Tokenizer;
  prompts: PromptWriter;
  /** Tokens and texts that end a reply. */
  stops: { ids: ReadonlySet<number>; strings: readonly string[] };
}

/** Where the rows of one conversation lie, and what is known of them. */
export interface CachedRows {
  hardware: Hardware;
  cache: KvCache;
  resident: ResidentSequence;
}

/** What rows of the cache are stored as, and under which name. */
export interface StorableRows {
  /** Turns rows of the cache into what is stored, and back. */
  valueCoder: ValueCoder;
  /** Covers everything that rows depend on besides their tokens. */
  kvFingerprint: string;
  /** Names the kernels, on which exact rows depend too: from `kvVariant`. */
  kvVariant: string;
}

/** What the kernels were chosen for, and what that says of how they round. */
export interface KernelledModel {
  kernels: {
    /** The formats of the matrices, from `matrixFormats`. */
    format: string;
    variant: KernelVariant;
  };
}

/** What tells how the resident conversation attends. */
export interface WatchedModel {
  attention: AttentionWatch;
}

/** What restoring rows takes: layers that can run, and the time of each kind of work. */
export interface RestorableModel {
  layers: LayerArrival;
  restorationCosts: RestorationCosts;
}

/** What tells how long running tokens through a model takes. */
export interface TimedModel {
  layers: Pick<RestorableModel["layers"], "rowLayers">;
  restorationCosts: Pick<RestorableModel["restorationCosts"], "readingMs">;
}

/** Rows of other conversations, on the GPU. */
export interface ParkingModel {
  parked: ParkedRows;
}

/** What runs: the forward pass, its weights, and what moves rows of the cache. */
export interface RunnableModel {
  transformer: Transformer;
  weights: ModelWeights;
  /** Moves rows of the cache to lower positions. Compiled when it is first asked for. */
  mover: () => Promise<RowMover>;
}

/**
 * A model of which all is known, and whose KV cache can be filled; its weights and kernels may still be on
 * their way. Everything on the GPU belongs to its own device and goes with it. Each part of the engine takes
 * those of these interfaces that it needs.
 */
export interface PreparedModel
  extends
    TextModel,
    CachedRows,
    StorableRows,
    KernelledModel,
    WatchedModel,
    RestorableModel,
    ParkingModel {}

/** A prepared model that can answer: the same parts, and those that run. */
export interface ReadyModel extends PreparedModel, RunnableModel {}

/** Whether both stand for one loaded model: before and after its weights came, it has the same cache. */
export function isSameModel(
  one: Pick<CachedRows, "cache"> | undefined,
  other: Pick<CachedRows, "cache">,
): boolean {
  return one?.cache === other.cache;
}
