import type { Sample } from "./samples.ts";

/** What is compared: how it is called, its unit and which way is better. */
interface Compared {
  what: string;
  key: Exclude<keyof Sample, "tokens" | "ranAfterReload" | "decodeWhileSaving">;
  unit: "ms" | "tokens/s" | "MiB";
}

const COMPARED: readonly Compared[] = [
  { what: "load, first visit", key: "loadMs", unit: "ms" },
  {
    what: "from the navigation to a model that is ready, kept by the browser",
    key: "cachedReadyMs",
    unit: "ms",
  },
  { what: "prefill, {short} tokens", key: "prefillShort", unit: "tokens/s" },
  { what: "prefill, {middle} tokens", key: "prefillMiddle", unit: "tokens/s" },
  { what: "prefill, {long} tokens", key: "prefillLong", unit: "tokens/s" },
  { what: "decode after {short} tokens", key: "decodeShort", unit: "tokens/s" },
  { what: "decode after {long} tokens", key: "decodeLong", unit: "tokens/s" },
  {
    what: "after a reload of {long} tokens: from the navigation to the first token",
    key: "afterReloadMs",
    unit: "ms",
  },
  { what: "memory of the whole browser, at most", key: "memoryMiB", unit: "MiB" },
];

/** One number of the comparison. */
export interface ComparedRow {
  what: string;
  unit: Compared["unit"];
  ours: number;
  theirs: number;
  /** How many times as good ours is: more tokens in a second, less time, less memory. */
  factor: number;
}

/** The medians of all rounds beside each other. */
export function comparedRows(ours: readonly Sample[], theirs: readonly Sample[]): ComparedRow[] {
  const [first] = ours;
  return COMPARED.map(({ what, key, unit }) => {
    const [mine, other] = [ours, theirs].map((samples) => median(samples.map((one) => one[key])));
    const [our = NaN, their = NaN] = [mine, other];
    const factor = unit === "tokens/s" ? our / their : their / our;
    return { what: withTokens(what, first), unit, ours: our, theirs: their, factor };
  });
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle)] ?? NaN)) / 2;
}

const withTokens = (what: string, sample: Sample | undefined): string =>
  what.replace(/\{(short|middle|long)\}/, (_, name: keyof Sample["tokens"]) =>
    (sample?.tokens[name] ?? 0).toLocaleString("en-GB"),
  );

/** The rows as a table in Markdown. */
export function comparisonTable(rows: readonly ComparedRow[]): string {
  const head = ["what was measured", "ours", "wllama", "times as good"];
  const lines = rows.map(({ what, unit, ours, theirs, factor }) => [
    what,
    shown(ours, unit),
    shown(theirs, unit),
    factor.toPrecision(2),
  ]);
  return [head, head.map(() => "---"), ...lines]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}

function shown(value: number, unit: ComparedRow["unit"]): string {
  if (unit === "ms") return `${(value / 1000).toPrecision(value < 9950 ? 2 : 3)} s`;
  return `${value.toPrecision(value < 100 ? 3 : 4).replace(/\.0+$/, "")} ${unit}`;
}
