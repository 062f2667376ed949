/** @file What `npm run perf` measures, as it stands in `reports/perf.json`. */

export interface Spread {
  median: number;
  min: number;
  max: number;
  n: number;
}

/** Resuming one conversation in one way. Times in ms, medians where there is no spread. */
export interface PerfRow {
  model: string;
  scheme: string;
  /**
   * How it was to be stored, and after a colon what was loaded: "balanced: f16 + int3". Where a level's
   * budget refused every form, or nothing was loaded, it says so by itself: "balanced: f16", "exact".
   */
  codec: string;
  /** Of the conversation that comes back. */
  tokens: number;
  /** `cold`: the page is reloaded. `warm`: engine and model are there, the rows are not on the GPU. */
  start: "cold" | "warm";
  throttle: string;
  /** From the reload, or from the switch, until the last row is in place. */
  readyMs: number;
  /** From there to the first token of an answer that is asked for at once. */
  ttftMs: Spread;
  bytesRead: number;
  tokensRecomputed: number;
  /** As in `kv.restore`. */
  bubbleRatio: number;
  predictedMs: number;
  makespanMs: number;
}

/** A first visit: neither the app nor the model is kept by the browser, and a message is sent at once. */
export interface FirstVisitRow {
  model: string;
  /** From the navigation until the model is ready. */
  readyMs: Spread;
  /** From the navigation to the first token of the answer. */
  ttftMs: Spread;
}

/** A model's share of the trade: how many bytes are loaded for how much that is not computed. */
export interface ModelNumbers {
  kvBytesPerToken: number;
  /** Of the matrix products, without the last one and without attention. */
  mflopPerToken: number;
}

export interface PerfReport {
  machine: string;
  adapter: string;
  browser: string;
  /** Of the latest row. */
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
 * Rows of a run take the place of what was measured of the same thing before; the others stay, with their
 * dates. A report of another machine or adapter is no company for them.
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

/** What was loaded may differ from run to run. */
const keyOf = (row: PerfRow): string =>
  [row.model, row.scheme, storedAs(row), row.tokens, row.start, row.throttle].join("\n");

/** From what costs the most computing to what costs the least. */
export const SCHEMES = ["recompute", "split", "layerwise", "krul", "load", "cake", "auto"];

export const THROTTLES = ["none", "slow store", "slow GPU"] as const;
export type Throttle = (typeof THROTTLES)[number];

/** What a conversation is to be stored as. */
export const STORED = ["exact", "balanced", "int4", "krul-f16", "static-f16"] as const;
export type Stored = (typeof STORED)[number];

/** As reports show them. */
const inOrder = (a: PerfRow, b: PerfRow): number =>
  a.model.localeCompare(b.model) ||
  rank(THROTTLES, a.throttle) - rank(THROTTLES, b.throttle) ||
  a.start.localeCompare(b.start) ||
  rank(STORED, storedAs(a)) - rank(STORED, storedAs(b)) ||
  rank(SCHEMES, a.scheme) - rank(SCHEMES, b.scheme) ||
  a.tokens - b.tokens;

const rank = (order: readonly string[], name: string): number => order.indexOf(name);

/** Rows that agree, each group in order, and the groups by their first rows. */
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

/** Of at least one number. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number) => Math.round((sorted[index] ?? NaN) * 10) / 10;
  const n = sorted.length;
  return { median: at(Math.floor(n / 2)), min: at(0), max: at(n - 1), n };
}
