/**
 * @file `npm run evaluate -- --model FILE.gguf` (or a folder of MLC's) stores texts in every way that there is and measures, on the processor in
 * Node, what the model predicts from what comes back. It prints tables and writes its rows to reports/evaluate.json,
 * where rows of the same model, text and scheme are replaced. With `--document` the tables of all rows of the report go into
 * docs/measurements.md.
 */

import { existsSync } from "node:fs";
import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import type { EvaluatedRow } from "../../src/evaluation/any-model/evaluation.ts";
import { writeBetweenMarks } from "../bench/measurements-document.ts";
import { today } from "../bench/report.ts";
import { evaluationArguments, type EvaluationArguments } from "./evaluation-arguments.ts";
import type { EvaluationRequest } from "./evaluation-request.ts";
import { evaluationDocument, evaluationTables } from "./evaluation-table.ts";
import { runProject, withServedModel } from "./in-node.ts";
import { mergedRows } from "./merged-rows.ts";

const REPORT = "reports/evaluate.json";

async function requestOf(
  { model, chats, only, kinds, texts }: EvaluationArguments,
  address: string,
): Promise<EvaluationRequest> {
  const { size, mtimeMs } = await stat(model);
  return {
    only,
    kinds,
    texts,
    name: basename(model).replace(/\.gguf$/, ""),
    address,
    fingerprint: `${basename(model)} ${size} ${mtimeMs}`,
    chats: await readFile(chats, "utf8"),
    lines: resolve(`reports/evaluate-${process.pid}.jsonl`),
  };
}

/** What a run that goes on, or that ended early, has appended so far. */
async function appended(lines: string): Promise<EvaluatedRow[]> {
  const text = await readFile(lines, "utf8").catch(() => "");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as EvaluatedRow);
}

async function keep(rows: readonly EvaluatedRow[]): Promise<EvaluatedRow[]> {
  const before = existsSync(REPORT)
    ? (JSON.parse(await readFile(REPORT, "utf8")) as EvaluatedRow[])
    : [];
  const all = mergedRows(before, rows);
  await writeFile(REPORT, `${JSON.stringify(all, null, 1)}\n`);
  return all;
}

async function main(): Promise<void> {
  const asked = evaluationArguments(process.argv.slice(2));
  for (const file of [asked.model, asked.chats])
    if (!existsSync(file)) throw new Error(`There is no file ${file}.`);
  await mkdir("reports", { recursive: true });
  await withServedModel(asked.model, async (address) => {
    const request = await requestOf(asked, address);
    if (!(await runProject("evaluate", "evaluation", request))) process.exitCode = 1;
    const rows = await appended(request.lines);
    const all = await keep(rows);
    if (asked.document) await writeBetweenMarks("evaluate", evaluationDocument(all, today()));
    await rm(request.lines, { force: true });
    console.log(`\n${evaluationTables(rows)}\n\n${String(rows.length)} rows in ${REPORT}`);
  });
}

await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
