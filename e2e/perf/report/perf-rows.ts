/** @file The results of `npm run perf`, as they stand in `reports/perf.json`. */

export interface Spread {
  median: number;
  min: number;
  max: number;
  n: number;
}

/**
 * What was measured of resuming one conversation in one way. Times are in ms, and medians where there is no spread.
 */
export interface PerfRow {
  model: string;
  scheme: string;
  /**
   * How the conversation was to be stored and, after a colon, what was loaded: "balanced: f16 + int3". It also
   * shows where a level's budget refused every form ("balanced: f16"), and where nothing was loaded ("exact").
   */
  codec: string;
  /** Tokens of the conversation that comes back. */
  tokens: number;
  /** `cold`: the page is reloaded. `warm`: engine and model are there, but the rows are not on the GPU. */
  start: "cold" | "warm";
  throttle: string;
  /** Time from the reload, or from the switch, until the last row is in place. */
  readyMs: number;
  /** Time from the same moment to the first token of an answer that is asked for at once. */
  ttftMs: Spread;
  bytesRead: number;
  tokensRecomputed: number;
  /** The bubble ratio of the measure `kv.restore`. */
  bubbleRatio: number;
  predictedMs: number;
  makespanMs: number;
}

/** What was measured of first visits: the browser keeps neither app nor model yet, and a message is sent at once. */
export interface FirstVisitRow {
  model: string;
  /** Time from the navigation until the model is ready. */
  readyMs: Spread;
  /** Time from the navigation to the first token of the answer. */
  ttftMs: Spread;
}

/** What a model's rows cost: the bytes to load, and the computing that loading them saves. */
export interface ModelNumbers {
  kvBytesPerToken: number;
  /** Operations of the matrix products, without those of the last one and of attention. */
  mflopPerToken: number;
}

export interface PerfReport {
  machine: string;
  adapter: string;
  browser: string;
  /** The date of the latest row. */
  date: string;
  models: Readonly<Record<string, ModelNumbers>>;
  rows: readonly DatedRow[];
  firstVisits: readonly DatedFirstVisit[];
}

export type DatedRow = PerfRow & { date: string };
export type DatedFirstVisit = FirstVisitRow & { date: string };

/** How a row's conversation was to be stored. */
export const storedAs = ({ codec }: Pick<PerfRow, "codec">): string => codec.split(":")[0] ?? "";

/**
 * Merges two reports. Rows of a run replace what was measured of the same case before, and the others stay with
 * their dates. An earlier report from another machine or adapter is dropped.
 */
export function mergeReports(before: PerfReport | undefined, now: PerfReport): PerfReport {
  const isComparable = before?.machine === now.machine && before.adapter === now.adapter;
  const measured = new Set(now.rows.map(keyOf));
  const others = isComparable ? before.rows.filter((row) => !measured.has(keyOf(row))) : [];
  const models = isComparable ? { ...before.models, ...now.models } : now.models;
  const visited = new Set(now.firstVisits.map(({ model }) => model));
  const otherVisits = isComparable
    ? before.firstVisits.filter(({ model }) => !visited.has(model))
    : [];
  return {
    ...now,
    models,
    rows: [...others, ...now.rows].toSorted(inOrder),
    firstVisits: [...otherVisits, ...now.firstVisits].toSorted((a, b) =>
      a.model.localeCompare(b.model),
    ),
  };
}

/** Names the case that a row measures. What was loaded is no part of it, because it may differ from run to run. */
const keyOf = (row: PerfRow): string =>
  [row.model, row.scheme, storedAs(row), row.tokens, row.start, row.throttle].join("\n");

/** The schemes, from the one that computes the most to the one that computes the least. */
export const SCHEMES = ["recompute", "split", "layerwise", "krul", "load", "cake", "auto"];

export const THROTTLES = ["none", "slow store", "slow GPU"] as const;
export type Throttle = (typeof THROTTLES)[number];

/** The forms that conversations are stored in. */
export const STORED = ["exact", "balanced", "compact", "int4", "krul-f16", "static-f16"] as const;
export type Stored = (typeof STORED)[number];

/** Compares two rows by the order in which reports show them. */
const inOrder = (a: PerfRow, b: PerfRow): number =>
  a.model.localeCompare(b.model) ||
  rank(THROTTLES, a.throttle) - rank(THROTTLES, b.throttle) ||
  a.start.localeCompare(b.start) ||
  rank(STORED, storedAs(a)) - rank(STORED, storedAs(b)) ||
  rank(SCHEMES, a.scheme) - rank(SCHEMES, b.scheme) ||
  a.tokens - b.tokens;

const rank = (order: readonly string[], name: string): number => order.indexOf(name);

/** Groups the rows that have the same key. Each group is in order, and the groups are ordered by their first rows. */
export function grouped<Row extends PerfRow>(
  rows: readonly Row[],
  keyOf: (row: Row) => string,
): [Row, ...Row[]][] {
  const groups = new Map<string, [Row, ...Row[]]>();
  for (const row of rows.toSorted(inOrder)) {
    const group = groups.get(keyOf(row));
    if (group) group.push(row);
    else groups.set(keyOf(row), [row]);
  }
  return [...groups.values()];
}

/** The median, the least and the largest of some numbers. There must be one at least. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number) => Math.round((sorted[index] ?? NaN) * 10) / 10;
  const n = sorted.length;
  return { median: at(Math.floor(n / 2)), min: at(0), max: at(n - 1), n };
}
