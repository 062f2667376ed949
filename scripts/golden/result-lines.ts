import type { TokenReport } from "../../src/model/golden/compare-tokens.ts";
import type { GoldenReport } from "../../src/model/golden/golden-report.ts";
import type { GoldenResult } from "./golden-result.ts";

/** The most sentences that are printed about one model. */
const MOST_FAULTS = 8;

const INDENT = " ".repeat(7);

export const hasPassed = ({ report, tokens }: GoldenResult): boolean =>
  report?.faults.length === 0 && (tokens?.faults.length ?? 0) === 0;

/** What is printed about a model: a line, one about its tokenizer, and what is wrong below each. */
export function resultLines(name: string, result: GoldenResult): string[] {
  const state = hasPassed(result) ? "ok    " : "FAILED";
  const { report, tokens, failure = "", adapter } = result;
  const what = report === undefined ? failure : measured(report);
  return [
    `${state} ${name}: ${what} [${adapter}]`,
    ...faultLines(report?.faults ?? []),
    ...(tokens === undefined
      ? []
      : [`${INDENT}${tokenizer(tokens)}`, ...faultLines(tokens.faults)]),
  ];
}

function faultLines(faults: readonly string[]): string[] {
  const more = faults.length - MOST_FAULTS;
  return [
    ...faults.slice(0, MOST_FAULTS).map((fault) => `${INDENT}- ${fault}`),
    ...(more > 0 ? [`${INDENT}- and ${more} more`] : []),
  ];
}

function tokenizer({ texts, conversations, leftOut, faults }: TokenReport): string {
  const compared = `tokenizer: ${texts} texts and ${conversations} conversations compared`;
  const result = faults.length === 0 ? "all the same" : `${faults.length} differences`;
  return `${compared}, ${result}${leftOut === 0 ? "" : `; ${leftOut} left out`}`;
}

function measured(report: GoldenReport): string {
  const { prompts, logitError, rows, rowError, cuts } = report;
  return [
    `${prompts} prompts, logits off by ${shown(logitError)} at most`,
    rows === 0 ? "no rows of K and V given" : `${rows} rows of K and V by ${shown(rowError)}`,
    greedy(report),
    `${cuts} ways to cut prompts`,
  ].join("; ");
}

function greedy({ greedySame, greedyTokens, greedyStops }: GoldenReport): string {
  const same = `${greedySame} of ${greedyTokens} greedy tokens the same`;
  if (greedyStops.length === 0) return same;
  const stops = greedyStops.map(({ prompt, step }) => `${step} of prompt ${prompt}`);
  return `${same}, not compared from token ${stops.join(", ")} on`;
}

const shown = (error: number): string => (error === 0 ? "0" : error.toPrecision(2));
