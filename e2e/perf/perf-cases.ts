import { isFile, type FileModel, type PerfModel } from "./report/perf-models.ts";
import { STORED, type PerfRow, type Stored, type Throttle } from "./report/perf-rows.ts";
import { QUALITY_LEVELS, type QualityLevel } from "../../src/protocol/quality.ts";
import type { RestorationScheme } from "../../src/protocol/restoration.ts";

/**
 * Options for a store that reads Pip's rows about as slowly as a software adapter computes them, so that overlap
 * shows.
 */
const SLOW_STORE = "&readMBps=0.5&readLatencyMs=5";

/** The options that a throttle adds to the address of a page with one of the models of the tables. */
const THROTTLE_QUERIES: Readonly<Record<Throttle, string>> = {
  none: "",
  "slow store": SLOW_STORE,
  "slow GPU": `${SLOW_STORE}&gpuSlowdown=4`,
};

/**
 * The same for a model's file, whose rows take many times the bytes of Pip's: what two cores compute in a second takes
 * about as long to read.
 */
const SLOW_STORE_OF_FILE = "&readMBps=4&readLatencyMs=5";

/** The options that a throttle adds to the page's address for a model. */
export const throttleQuery = (model: PerfModel, throttle: Throttle): string =>
  isFile(model) && throttle === "slow store" ? SLOW_STORE_OF_FILE : THROTTLE_QUERIES[throttle];

export interface PerfCase {
  model: PerfModel;
  /** Tokens of the conversation, without the answer that is given anew. They fill whole chunks. */
  tokens: number;
  throttle: Throttle;
  visits: readonly Visit[];
}

/** One way to come back, and how often it is measured. */
export interface Visit {
  stored: Stored;
  scheme: RestorationScheme;
  rounds: number;
  starts: readonly PerfRow["start"][];
}

/** Schemes in which it is fixed beforehand how many rows are computed, whatever store and GPU take for them. */
const FIXED: readonly RestorationScheme[] = ["split", "layerwise", "krul"];
const FITTED: readonly RestorationScheme[] = ["load", "cake", "auto"];

const LONGEST: Readonly<Record<Exclude<PerfModel, FileModel>, number>> = {
  "pip-4.7m": 1664,
  "random-10m": 1920,
};

/**
 * From this length on there are fewer rounds: a software adapter takes five seconds to recompute it, a slowed one
 * twenty.
 */
const LONG_TOKENS = 1024;
const ROUNDS = 5;
/** Rounds of long conversations whose rows are recomputed. */
const LONG_ROUNDS = 3;

/**
 * What is measured. It takes about an hour on two cores with a software adapter. Everything would take four hours, so:
 *
 * - Throttles are measured with the longest conversation only, and the slow GPU with Pip only.
 * - `recompute` reads nothing, and is measured with exact rows only. Forms that no guard judges are only loaded.
 * - The schemes whose shares are fixed are measured after a reload only: with balanced rows only of Pip and without a
 *   throttle, and under the slow GPU only `krul`.
 * - Warm starts are measured without a throttle, with 512 tokens and with the most.
 *
 * A chat of many turns fills at most 1,792 of Pip's 2,048 positions. In a longer one, the oldest turns leave the view.
 */
export const CASES: readonly PerfCase[] = [
  ...[256, 512, 1024, LONGEST["pip-4.7m"]].map((tokens) => perfCase("pip-4.7m", tokens, "none")),
  perfCase("pip-4.7m", LONGEST["pip-4.7m"], "slow store"),
  perfCase("pip-4.7m", LONGEST["pip-4.7m"], "slow GPU"),
  ...[512, LONGEST["random-10m"]].map((tokens) => perfCase("random-10m", tokens, "none")),
  perfCase("random-10m", LONGEST["random-10m"], "slow store"),
];

export const titleOf = ({ model, tokens, throttle }: PerfCase): string =>
  `${model}, ${tokens} tokens, throttle ${throttle}`;

/**
 * What is measured of a model's file: computing everything, and what a visit to a conversation of each level does by
 * itself, also from a slow store. Computing a conversation takes a hundred times as long with such a model as with Pip, so
 * conversations are short.
 */
export const casesOfFile = (model: FileModel): readonly PerfCase[] => [
  fileCase(model, 256, "none"),
  fileCase(model, 512, "none"),
  fileCase(model, 512, "slow store"),
];

/** Loading the model takes most of a visit, and now 1.5 s, now 2: levels are told apart by medians of several visits. */
const ROUNDS_OF_FILE = 6;

const fileCase = (model: FileModel, tokens: number, throttle: Throttle): PerfCase => ({
  model,
  tokens,
  throttle,
  visits: QUALITY_LEVELS.flatMap((stored) =>
    schemesOfFile(stored, throttle).map((scheme): Visit => {
      return { stored, scheme, rounds: ROUNDS_OF_FILE, starts: ["cold"] };
    }),
  ),
});

function schemesOfFile(stored: QualityLevel, throttle: Throttle): RestorationScheme[] {
  if (throttle !== "none") return ["auto"];
  return stored === "exact" ? ["recompute", "load", "auto"] : ["load", "auto"];
}

function perfCase(
  model: Exclude<PerfModel, FileModel>,
  tokens: number,
  throttle: Throttle,
): PerfCase {
  const isLong = tokens >= LONG_TOKENS;
  const hasWarm = throttle === "none" && [512, LONGEST[model]].includes(tokens);
  const visits = STORED.flatMap((stored) =>
    schemesOf(stored, model, throttle).map((scheme): Visit => {
      const isFixed = FIXED.includes(scheme);
      const rounds = isLong && (isFixed || scheme === "recompute") ? LONG_ROUNDS : ROUNDS;
      return { stored, scheme, rounds, starts: hasWarm && !isFixed ? ["cold", "warm"] : ["cold"] };
    }),
  );
  return { model, tokens, throttle, visits };
}

function schemesOf(
  stored: Stored,
  model: PerfModel,
  throttle: Throttle,
): readonly RestorationScheme[] {
  switch (stored) {
    case "exact":
      return ["recompute", ...(throttle === "slow GPU" ? ["krul" as const] : FIXED), ...FITTED];
    case "compact":
      return ["load", "auto"];
    case "balanced":
      return throttle === "none" && model === "pip-4.7m" ? [...FIXED, ...FITTED] : FITTED;
    case "int4":
    case "krul-f16":
    case "static-f16":
      return ["load"];
  }
}
