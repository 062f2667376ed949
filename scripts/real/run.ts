/**
 * @file `npm run real -- [FILE.gguf] [--conversations N] [--device processor]` loads a real model in Chromium, asks it five questions, reloads
 * and goes on, and holds recall conversations with it and with Pip. Without a file it takes the one that `npm start`
 * has fetched. It prints what it measured, and writes it to reports/real.json.
 */

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { parseArgs } from "node:util";
import { createVitest, type Reporter, type TestModule } from "vitest/node";
import { SMOLLM2_REFERENCE } from "../../src/evaluation/real-model/reference-answers.ts";
import { ROWS_SO_FAR } from "../../src/evaluation/real-model/rows-so-far.ts";
import type { BenchRow } from "../../src/metrics/bench-rows.ts";
import { keepReport, today, writeReport } from "../bench/report.ts";
import { serveModels } from "../golden/serve-models.ts";
import type { RealModel } from "./real-model.ts";

const USAGE = "npm run real -- [FILE.gguf] [--conversations N] [--device processor]";
const DEFAULT_FILE = ".cache/models/SmolLM2-135M-Instruct.Q4_1.gguf";
/** How many recall conversations there are. */
const MOST_CONVERSATIONS = 60;

type Asked = Pick<RealModel, "conversations" | "device"> & { file: string };

function readArguments(): Asked {
  const options = { conversations: { type: "string" }, device: { type: "string" } } as const;
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const [file = DEFAULT_FILE, ...more] = positionals;
  const conversations = Number(values.conversations ?? MOST_CONVERSATIONS);
  const isCount = Number.isInteger(conversations) && conversations >= 0;
  const { device = "gpu" } = values;
  const isDevice = device === "gpu" || device === "processor";
  if (more.length > 0 || !isCount || !isDevice) throw new Error(USAGE);
  return {
    file: resolve(file),
    conversations: Math.min(conversations, MOST_CONVERSATIONS),
    device,
  };
}

async function sha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path)) hash.update(piece as Uint8Array);
  return hash.digest("hex");
}

/** The rows that a module's tests recorded, and where they were measured. */
function rowsOf(module: TestModule): BenchRow[] {
  const where = { adapter: module.meta().adapter ?? "unknown", runtime: "Chromium", date: today() };
  return [...module.children.allTests()]
    .flatMap((test) => test.meta().rows ?? [])
    .map((row) => ({ ...row, ...where }));
}

/** Prints what came of the conversations that are done, and keeps it in a report. */
const progress: Reporter = {
  async onTestCaseAnnotate(test, { type, message }) {
    if (type !== ROWS_SO_FAR) return;
    const rows = JSON.parse(message) as BenchRow[];
    await keepReport("real-so-far", rows);
    const shown = rows.map(({ name, value, unit }) => `${name} ${shortNumber(value)} ${unit}`);
    console.log(`${new Date().toISOString()} ${test.name}: ${shown.join("; ")}`);
  },
};

const shortNumber = (value: number): string =>
  Number.isInteger(value) ? String(value) : value.toPrecision(4);

async function measure(model: RealModel): Promise<void> {
  const config = "scripts/vitest-on-request.config.ts";
  const project = model.device === "processor" ? "real-processor" : "real";
  const reporters = ["default", "./scripts/gpu-adapter-reporter.ts", progress];
  const vitest = await createVitest("test", {
    config,
    project,
    reporters,
    run: true,
    watch: false,
  });
  try {
    vitest.provide("realModel", model);
    await vitest.start(["real-model.run.ts"]);
    const modules = vitest.state.getTestModules();
    // What was measured is printed even where a test failed; the exit status says that one did.
    await writeReport("real", modules.flatMap(rowsOf));
    if (modules.length === 0 || !modules.every((module) => module.ok())) process.exitCode = 1;
  } finally {
    await vitest.close();
  }
}

async function main(): Promise<void> {
  const { file, ...asked } = readArguments();
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile())
    throw new Error(
      `There is no file ${file}. \`npm start\` fetches SmolLM2, or name a GGUF file.`,
    );
  const name = basename(file);
  const folder = dirname(file);
  const isReference = (await sha256(file)) === SMOLLM2_REFERENCE.sha256;
  if (!isReference) console.log(`There are no reference answers for ${name}.`);
  const server = await serveModels([{ name, folder, file: name, json: "", floats: "" }]);
  try {
    const address = server.urlOf(0) + encodeURIComponent(name);
    await measure({ name: name.replace(/\.gguf$/, ""), address, isReference, ...asked });
  } finally {
    server.close();
  }
}

await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
