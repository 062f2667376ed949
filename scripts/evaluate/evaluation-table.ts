import type { EvaluatedRow } from "../../src/evaluation/any-model/evaluation.ts";
import { budgetLines } from "./budget-table.ts";
import { TEXT_KINDS, type TextKind } from "../../src/evaluation/any-model/text-kinds.ts";

/** One line of the table: a scheme over all texts of a kind, or over all of them. */
export interface SchemeSummary {
  texts: number;
  /** Bytes in f16 over stored ones: of the coded chunks, and of whole conversations with everything beside them. */
  coded: number;
  whole: number;
  meanKl: number;
  p95Kl: number;
  top1: number;
  /** Share of positions that flip beyond gaps of 0, 0.1, 0.25 and 0.5 nats. */
  flips: number[];
  /** Time to decode over time to prefill the same tokens. */
  decode: number;
  /** Of a token. */
  decodeMultiplications: number;
  basisBytes: number;
}

const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Ratios are of sums of bytes or times; losses are means over texts. @param rows one or more of one scheme */
export function summariseScheme(rows: readonly EvaluatedRow[]): SchemeSummary {
  const sum = (of: (row: EvaluatedRow) => number) => rows.reduce((all, row) => all + of(row), 0);
  const flips = rows[0]?.flips ?? [];
  return {
    texts: rows.length,
    coded:
      sum(({ exactBytes, codedTokens, tokens }) => (exactBytes * codedTokens) / tokens) /
      sum(({ codedBytes }) => codedBytes),
    whole: sum(({ exactBytes }) => exactBytes) / sum(({ wholeBytes }) => wholeBytes),
    meanKl: mean(rows.map(({ meanKl }) => meanKl)),
    p95Kl: mean(rows.map(({ p95Kl }) => p95Kl)),
    top1: mean(rows.map(({ top1 }) => top1)),
    flips: flips.map((_, i) => mean(rows.map((row) => row.flips[i] ?? NaN))),
    decode:
      sum(({ decodeMs }) => decodeMs) /
      sum(({ prefillMs, codedTokens, tokens }) => (prefillMs * codedTokens) / tokens),
    decodeMultiplications: mean(rows.map((row) => row.decodeMultiplications)),
    basisBytes: rows[0]?.basisBytes ?? 0,
  };
}

/** Rows of each scheme, in the order in which schemes first appear. */
function bySchemes(rows: readonly EvaluatedRow[]): Map<string, EvaluatedRow[]> {
  const schemes = new Map<string, EvaluatedRow[]>();
  for (const row of rows) schemes.set(row.scheme, [...(schemes.get(row.scheme) ?? []), row]);
  return schemes;
}

/** What the report says of each model, in Markdown. @param date of the last run */
export function evaluationDocument(rows: readonly EvaluatedRow[], date: string): string {
  const models = [...new Set(rows.map(({ model }) => model))];
  return models
    .map((model) => {
      const own = rows.filter((row) => row.model === model);
      const texts = new Set(own.map(({ kind, text }) => `${kind} ${text}`)).size;
      const positions = new Set(own.map((row) => row.positions));
      const about = `\`npm run evaluate\`: ${model}, ${texts} texts, ${[...positions].join(" or ")} judged positions each, ${date}.`;
      return [`#### ${model}`, "", about, "", evaluationTables(own)].join("\n");
    })
    .join("\n\n");
}

/** A table of all schemes over all texts, and one of each scheme by kind of text, in Markdown. */
export function evaluationTables(rows: readonly EvaluatedRow[]): string {
  const schemes = bySchemes(rows);
  const kinds = TEXT_KINDS.filter((kind) => rows.some((row) => row.kind === kind));
  return [
    ...tableOf(
      [
        "scheme",
        "texts",
        "coded",
        "whole",
        "KL",
        "95th",
        "top-1",
        "> 0.1",
        "> 0.25",
        "> 0.5",
        "decode",
        "M",
        "basis, MB",
      ],
      [...schemes].map(([scheme, own]) => [scheme, ...allCells(summariseScheme(own))]),
    ),
    "",
    ...tableOf(
      ["scheme", ...kinds],
      [...schemes].map(([scheme, own]) => [scheme, ...kinds.map((kind) => kindCell(own, kind))]),
    ),
    ...budgetTable(rows),
    ...pairTable(schemes),
  ].join("\n");
}

/** What each level's budget comes to: nothing where nothing was measured at several steps around one. */
function budgetTable(rows: readonly EvaluatedRow[]): string[] {
  const { headings, lines } = budgetLines(rows);
  return lines.length === 0 ? [] : ["", ...tableOf(headings, lines)];
}

/** How alike merged layers are, and what merging them leaves: nothing where no layers were merged. */
function pairTable(schemes: ReadonlyMap<string, readonly EvaluatedRow[]>): string[] {
  const lines = [...schemes].flatMap(([scheme, rows]) => {
    const pairs = rows.flatMap((row) => row.pairs);
    if (pairs.length === 0) return [];
    const meanOf = (of: (pair: (typeof pairs)[number]) => number) => mean(pairs.map(of)).toFixed(2);
    return [
      [
        scheme,
        meanOf(({ keyCosine }) => keyCosine),
        meanOf(({ valueCosine }) => valueCosine),
        meanOf(({ keyError }) => keyError),
        meanOf(({ valueError }) => valueError),
      ],
    ];
  });
  if (lines.length === 0) return [];
  const headings = ["merged layers", "cosine of K", "of V", "error left in K", "in V"];
  return ["", ...tableOf(headings, lines)];
}

function tableOf(headings: readonly string[], lines: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(headings), line(headings.map(() => "---")), ...lines.map(line)];
}

function allCells(summary: SchemeSummary): string[] {
  const {
    texts,
    coded,
    whole,
    meanKl,
    p95Kl,
    top1,
    flips,
    decode,
    decodeMultiplications,
    basisBytes,
  } = summary;
  return [
    String(texts),
    coded.toFixed(1),
    whole.toFixed(1),
    nats(meanKl),
    nats(p95Kl),
    top1.toFixed(3),
    ...flips.slice(1).map((share) => share.toFixed(3)),
    decode.toFixed(3),
    (decodeMultiplications / 1e6).toFixed(1),
    basisBytes === 0 ? "" : (basisBytes / 1e6).toFixed(1),
  ];
}

/** Whole conversation below f16 · KL · share of the same likeliest token; nothing where no text was measured. */
function kindCell(rows: readonly EvaluatedRow[], kind: TextKind): string {
  const own = rows.filter((row) => row.kind === kind);
  if (own.length === 0) return "";
  const { coded, whole, meanKl, top1 } = summariseScheme(own);
  return `${coded.toFixed(1)} (${whole.toFixed(1)}) · ${nats(meanKl)} · ${top1.toFixed(2)}`;
}

const nats = (value: number): string => (value < 0.0001 ? value.toFixed(6) : value.toFixed(4));
