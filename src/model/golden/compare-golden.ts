import { decodeFloats } from "../../shared/number-formats.ts";
import type { Transformer } from "../forward/transformer.ts";
import type { ModelConfig } from "../model-config.ts";
import { waysToCut } from "./cut-prompt.ts";
import type { GoldenPrompt, GoldenReference, GoldenRow } from "./golden-reference.ts";
import { emptyReport, type GoldenReport } from "./golden-report.ts";
import { rowTolerance, type GoldenTolerance } from "./golden-tolerance.ts";
import { prefillPieces, readAllRows } from "./prompt-runs.ts";

/** The model that is compared. */
export interface ComparedModel {
  transformer: Transformer;
  config: ModelConfig;
}

/** One prompt of a comparison. */
interface Comparison extends ComparedModel {
  index: number;
  prompt: GoldenPrompt;
  /** What the reference says of K and V of this prompt. */
  rows: readonly GoldenRow[];
  tolerance: GoldenTolerance;
  report: GoldenReport;
  /** The ways to cut a prompt of so many tokens that are compared, each as the sizes of its pieces. */
  waysOf: (tokens: number) => readonly (readonly number[])[];
}

export interface GoldenOptions {
  tolerance: GoldenTolerance;
  /** See `Comparison`: those of `waysToCut`, unless others are given. */
  waysOf?: Comparison["waysOf"];
}

/**
 * Runs the prompts of a reference through a model and compares: the logits after a prompt, the rows of K and V, the
 * greedy continuation, and that neither rows nor logits depend on how a prompt is cut into steps.
 *
 * What differs is a sentence in the report. It throws only where the device is lost.
 */
export async function compareWithGolden(
  model: ComparedModel,
  { activeVocab, prompts, rows }: GoldenReference,
  { tolerance, waysOf = waysToCut }: GoldenOptions,
): Promise<GoldenReport> {
  const report = emptyReport();
  const { config } = model;
  if (activeVocab !== config.activeVocab) {
    report.faults.push(
      `${config.activeVocab} tokens are active, and ${activeVocab} in its reference`,
    );
    return report;
  }
  for (const [index, prompt] of prompts.entries()) {
    const own = rows.filter((row) => row.prompt === index);
    await comparePrompt({ ...model, index, prompt, rows: own, tolerance, report, waysOf });
  }
  return report;
}

async function comparePrompt(comparison: Comparison): Promise<void> {
  const { config, prompt, report } = comparison;
  const { ids } = prompt;
  const unknown = ids.find((id) => id >= config.vocab);
  if (unknown !== undefined) {
    fault(comparison, `token ${unknown} is not in the vocabulary of ${config.vocab}`);
    return;
  }
  if (ids.length > config.contextTokens) {
    fault(comparison, `it is longer than the context of ${config.contextTokens} tokens`);
    return;
  }
  report.prompts++;
  const whole = await compareWhole(comparison);
  for (const pieces of comparison.waysOf(ids.length)) await compareCut(comparison, pieces, whole);
  await compareDecoded(comparison);
}

/** What one run of a prompt leaves. */
interface PromptOutput {
  logits: Float32Array;
  /** The rows of K and V of each layer, [tokens, 2, kvHeads, headDim] f16. */
  layers: readonly Uint8Array[];
}

async function compareWhole(comparison: Comparison): Promise<PromptOutput> {
  const { prompt, rows } = comparison;
  const output = await prefillInPieces(comparison, [prompt.ids.length]);
  compareLogits(comparison, output.logits, "");
  for (const row of rows) compareRow(comparison, row, output.layers);
  return output;
}

async function prefillInPieces(
  { prompt, transformer }: Comparison,
  pieces: readonly number[],
): Promise<PromptOutput> {
  prefillPieces(transformer, prompt.ids, pieces);
  const logits = (await transformer.readLogits()).slice();
  return { logits, layers: await readAllRows(transformer.cache, prompt.ids.length) };
}

function fault({ index, prompt, report }: Comparison, what: string): void {
  report.faults.push(`prompt ${index} of ${prompt.ids.length} tokens: ${what}`);
}

/** The largest distance of two numbers at the same place; infinite if one of them is not finite. */
function largestError(actual: Float32Array, expected: Float32Array): number {
  let largest = 0;
  for (const [i, value] of expected.entries()) {
    const error = Math.abs((actual[i] ?? NaN) - value);
    if (!Number.isFinite(error)) return Infinity;
    largest = Math.max(largest, error);
  }
  return largest;
}

function compareLogits(comparison: Comparison, logits: Float32Array, how: string): void {
  const { prompt, report, tolerance } = comparison;
  const error = largestError(logits, prompt.logits);
  report.logitError = Math.max(report.logitError, error);
  if (error > tolerance.logits)
    fault(comparison, `${how}a logit is off by ${error}, more than ${tolerance.logits}`);
}

function compareRow(comparison: Comparison, row: GoldenRow, layers: PromptOutput["layers"]): void {
  const { config, report, tolerance } = comparison;
  const { side, layer, position, values } = row;
  const name = `${side.toUpperCase()} of layer ${layer} at position ${position}`;
  const channels = config.kvHeads * config.headDim;
  const cached = layers[layer];
  if (cached === undefined || values.length !== channels) {
    fault(comparison, `${name} is not of this model's shape in the reference`);
    return;
  }
  report.rows++;
  const start = (2 * position + (side === "k" ? 0 : 1)) * channels * 2;
  const actual = decodeFloats(cached.subarray(start, start + channels * 2), "f16");
  const error = largestError(actual, values);
  report.rowError = Math.max(report.rowError, error);
  const allowed = rowTolerance(values, tolerance);
  if (!values.every((value, i) => Math.abs((actual[i] ?? NaN) - value) <= allowed(value)))
    fault(comparison, `${name} is off by ${error}`);
}

/** Compares a run in pieces with the run in one step. Both have to be the same, bit for bit. */
async function compareCut(
  comparison: Comparison,
  pieces: readonly number[],
  whole: PromptOutput,
): Promise<void> {
  const { logits, layers } = await prefillInPieces(comparison, pieces);
  comparison.report.cuts++;
  const name = `cut into ${pieces.join(" + ")} tokens,`;
  const logitError = largestError(logits, whole.logits);
  if (logitError > 0) fault(comparison, `${name} it has a logit that is off by ${logitError}`);
  const changed = layers.findIndex((rows, layer) => !isSame(rows, whole.layers[layer]));
  if (changed >= 0) fault(comparison, `${name} it has other rows in layer ${changed}`);
}

const isSame = (a: Uint8Array, b: Uint8Array | undefined): boolean =>
  b?.length === a.length && a.every((byte, i) => byte === b[i]);

/**
 * Compares what decode steps compute on top of the prompt's rows: the logits after the prompt's last token, and the
 * continuation, whose tokens are chosen on the GPU as those of a greedy turn are.
 */
async function compareDecoded(comparison: Comparison): Promise<void> {
  const { prompt, transformer } = comparison;
  const { ids } = prompt;
  const last = ids.length - 1;
  const lastId = ids[last] ?? 0;
  transformer.decodeStep(lastId, last, "logits");
  compareLogits(comparison, await transformer.readLogits(), "after a decode step, ");
  transformer.decodeStep(lastId, last, "token");
  await compareGreedy(comparison);
}

async function compareGreedy(comparison: Comparison): Promise<void> {
  const { prompt, transformer, config, report, tolerance, index } = comparison;
  const { ids, greedy, gaps } = prompt;
  report.greedyTokens += greedy.length;
  for (const [step, expected] of greedy.entries()) {
    const position = ids.length + step;
    if ((gaps[step] ?? 0) < tolerance.leastGap || position > config.contextTokens) {
      report.greedyStops.push({ prompt: index, step });
      return;
    }
    const token = await transformer.readToken();
    if (token !== expected) {
      fault(comparison, `greedy token ${step} is ${token}, not ${expected}`);
      return;
    }
    report.greedySame++;
    if (position < config.contextTokens) transformer.decodeStep(token, position, "token");
  }
}
