/**
 * @file `npm run bench -- processor [FILE.gguf] [--rounds N]`: this project's page on the processor beside wllama, which is
 * llama.cpp in WebAssembly. Both answer the same messages with the same file in headless Chromium without a GPU, in turns.
 * The medians are printed, and written into docs/measurements.md and reports/processor.json.
 */

import { existsSync } from "node:fs";
import { cpus } from "node:os";
import { basename, resolve } from "node:path";
import { parseArgs } from "node:util";
import { build } from "vite";
import { SMOLLM2, MODELS_FOLDER } from "../../local-model.mjs";
import { writeBetweenMarks } from "../measurements-document.ts";
import { today, writeReport } from "../report.ts";
import { comparedRows, comparisonTable, type ComparedRow } from "./comparison-table.ts";
import { measureRekindle } from "./measure-rekindle.ts";
import { measureWllama } from "./measure-wllama.ts";
import type { Sample } from "./samples.ts";
import { serveRekindle, serveWllama } from "./serve-pages.ts";

const USAGE = "npm run bench -- processor [FILE.gguf] [--rounds N]";
const ROUNDS = 3;
const ANSWER_TOKENS = 64;

function readArguments(args: readonly string[]): { file: string; rounds: number } {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { rounds: { type: "string" } },
    allowPositionals: true,
  });
  const file = resolve(positionals[0] ?? resolve(MODELS_FOLDER, SMOLLM2.file));
  const rounds = Number(values.rounds ?? ROUNDS);
  if (positionals.length > 1 || !Number.isInteger(rounds) || rounds < 1) throw new Error(USAGE);
  if (!existsSync(file))
    throw new Error(
      `There is no file ${file}. \`npm start\` fetches SmolLM2, or name a GGUF file.`,
    );
  return { file, rounds };
}

/** Compares, as the arguments after the bench's name ask for. */
export async function compareProcessors(args: readonly string[]): Promise<void> {
  const { file, rounds } = readArguments(args);
  await build({ logLevel: "warn" });
  const [rekindle, wllama] = [await serveRekindle(file), await serveWllama(file)];
  const model = `models/local/${encodeURIComponent(basename(file))}`;
  const addresses = {
    ours: `${rekindle.origin}?model=${model}&device=processor&temperature=0&maxTokens=${ANSWER_TOKENS}`,
    theirs: `${wllama.origin}?model=${model}`,
  };
  try {
    const { ours, theirs } = await measureInTurns(addresses, rounds);
    await report(file, comparedRows(ours, theirs), { ours, theirs });
  } finally {
    await rekindle.close();
    await wllama.close();
  }
}

interface Samples {
  ours: Sample[];
  theirs: Sample[];
}

/** Each begins every other round, so that a drift of the machine hits both alike. */
async function measureInTurns(
  addresses: { ours: string; theirs: string },
  rounds: number,
): Promise<Samples> {
  const samples: Samples = { ours: [], theirs: [] };
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? (["ours", "theirs"] as const) : (["theirs", "ours"] as const);
    for (const whose of order) {
      const measure = whose === "ours" ? measureRekindle : measureWllama;
      const sample = await measure(addresses[whose]);
      console.log(`round ${String(round + 1)}, ${whose}: ${JSON.stringify(sample)}`);
      samples[whose].push(sample);
    }
  }
  return samples;
}

async function report(
  file: string,
  rows: readonly ComparedRow[],
  { ours, theirs }: Samples,
): Promise<void> {
  const all = cpus();
  const machine = `${all[0]?.model.trim() ?? "unknown CPU"} × ${String(all.length)}`;
  const ran = ours.map(({ ranAfterReload }) => ranAfterReload);
  const text = [
    `\`npm run bench -- processor\`: ${basename(file)}, ${machine}, Chromium without a GPU, ${today()}, medians of ` +
      `${String(ours.length)} rounds in turns. After the reload, ours ran ${String(Math.max(...ran))} tokens and ` +
      `wllama ${String(theirs[0]?.ranAfterReload ?? 0)}.`,
    "",
    comparisonTable(rows),
  ].join("\n");
  await writeReport(
    "processor",
    rows.flatMap(({ what, unit, ours: our, theirs: their, factor }) => [
      { name: `${what}, ours`, value: our, unit, factor },
      { name: `${what}, wllama`, value: their, unit, factor },
    ]),
  );
  await writeBetweenMarks("processor", text);
}
