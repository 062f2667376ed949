import type { PerfModel } from "./report/perf-models.ts";
import { STORED, type PerfRow, type Stored, type Throttle } from "./report/perf-rows.ts";
import type { RestorationScheme } from "../../src/protocol/restoration.ts";

/** A store about as slow as a software adapter computes Pip's rows: there a pipeline can show itself. */
const SLOW_STORE = "&readMBps=0.5&readLatencyMs=5";

/** What the page's address asks for. */
export const THROTTLE_QUERIES: Readonly<Record<Throttle, string>> = {
  none: "",
  "slow store": SLOW_STORE,
  "slow GPU": `${SLOW_STORE}&gpuSlowdown=4`,
};

export interface PerfCase {
  model: PerfModel;
  /** Of the conversation, but for the answer that is given anew: whole chunks. */
  tokens: number;
  throttle: Throttle;
  visits: readonly Visit[];
}

/** One way to come back, so many times. */
export interface Visit {
  stored: Stored;
  scheme: RestorationScheme;
  rounds: number;
  starts: readonly PerfRow["start"][];
}

/** How many rows are computed is fixed beforehand, whatever store and GPU take for them. */
const FIXED: readonly RestorationScheme[] = ["split", "layerwise", "krul"];
const FITTED: readonly RestorationScheme[] = ["load", "cake", "auto"];

const LONGEST: Readonly<Record<PerfModel, number>> = { "pip-4.7m": 1664, "random-10m": 1920 };

/** Recomputing 1,024 tokens takes a software adapter five seconds, and a slowed one twenty. */
const LONG_TOKENS = 1024;
const ROUNDS = 5;
/** Of what computes that much. */
const LONG_ROUNDS = 3;

/**
 * What is measured, in about an hour on two cores with a software adapter. All of it would take four, so:
 *
 * - throttles are measured with the longest conversation only, the slow GPU with Pip only
 * - `recompute` reads nothing and is measured with exact rows only, and what nobody judges is only loaded
 * - the schemes whose shares are fixed are measured after a reload only: with balanced rows of Pip without
 *   a throttle, and under the slow GPU only `krul`
 * - warm starts are measured without a throttle, with 512 tokens and with the most
 *
 * Of Pip's 2,048 positions a chat of many turns fills 1,792 at most, or its oldest turns leave the view.
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

function perfCase(model: PerfModel, tokens: number, throttle: Throttle): PerfCase {
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
    case "balanced":
      return throttle === "none" && model === "pip-4.7m" ? [...FIXED, ...FITTED] : FITTED;
    case "int4":
    case "krul-f16":
    case "static-f16":
      return ["load"];
  }
}
