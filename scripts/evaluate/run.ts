/**
 * @file `npm run evaluate -- --model FILE.gguf` (or a folder of MLC's) stores texts in every way that there is and measures, on the processor in
 * Node, what the model predicts from what comes back. It prints tables and writes its rows to reports/evaluate.json,
 * where rows of the same model, text and scheme are replaced.
 */

import { existsSync } from "node:fs";
import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { createVitest } from "vitest/node";
import type { EvaluatedRow } from "../../src/evaluation/any-model/evaluation.ts";
import { serveModels } from "../golden/serve-models.ts";
import { evaluationArguments, type EvaluationArguments } from "./evaluation-arguments.ts";
import type { EvaluationRequest } from "./evaluation-request.ts";
import { evaluationTables } from "./evaluation-table.ts";
import { mergedRows } from "./merged-rows.ts";

const REPORT = "reports/evaluate.json";

async function measure(request: EvaluationRequest): Promise<boolean> {
  const config = "scripts/vitest-on-request.config.ts";
  const vitest = await createVitest("test", {
    config,
    project: "evaluate",
    run: true,
    watch: false,
  });
  try {
    vitest.provide("evaluation", request);
    await vitest.start(["evaluate.run.ts"]);
    const modules = vitest.state.getTestModules();
    return modules.length > 0 && modules.every((module) => module.ok());
  } finally {
    await vitest.close();
  }
}

async function requestOf(
  { model, chats, ...chosen }: EvaluationArguments,
  address: string,
): Promise<EvaluationRequest> {
  const { size, mtimeMs } = await stat(model);
  return {
    ...chosen,
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
  const name = basename(asked.model);
  const isFolder = (await stat(asked.model)).isDirectory();
  const folder = isFolder ? resolve(asked.model) : dirname(resolve(asked.model));
  const file = isFolder ? undefined : name;
  const server = await serveModels([{ name, folder, file, json: "", floats: "" }]);
  try {
    const request = await requestOf(asked, server.urlOf(0) + encodeURIComponent(file ?? ""));
    if (!(await measure(request))) process.exitCode = 1;
    const rows = await appended(request.lines);
    await keep(rows);
    await rm(request.lines, { force: true });
    console.log(`\n${evaluationTables(rows)}\n\n${String(rows.length)} rows in ${REPORT}`);
  } finally {
    server.close();
  }
}

await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
