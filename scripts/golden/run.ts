/**
 * @file `npm run golden -- DIR [--dawn | --device processor]` compares every model below a directory with its reference
 * data: in Chromium, in Node over Dawn, or on the processor in Node. It prints a line for each model, and at the end how many passed and failed.
 */

import { parseArgs } from "node:util";
import { compareModels } from "./compare-models.ts";
import { findModels, type FoundModel } from "./find-models.ts";
import { addressOf, isRead } from "./model-address.ts";
import { hasPassed } from "./result-lines.ts";
import { serveModels } from "./serve-models.ts";

const USAGE = "npm run golden -- DIR [--dawn | --device processor]";

/** The projects of the vitest configuration that compare models, by device. */
const PROJECTS = { gpu: "golden", dawn: "golden-dawn", processor: "golden-processor" } as const;

const isDevice = (name: string): name is keyof typeof PROJECTS => Object.hasOwn(PROJECTS, name);

function readArguments() {
  const options = {
    dawn: { type: "boolean", default: false },
    device: { type: "string" },
  } as const;
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const [directory, ...more] = positionals;
  const device = values.dawn ? "dawn" : (values.device ?? "gpu");
  const isBoth = values.dawn && values.device !== undefined;
  if (directory === undefined || more.length > 0 || isBoth || !isDevice(device))
    throw new Error(USAGE);
  return { directory, project: PROJECTS[device] };
}

async function compareAll(found: readonly FoundModel[], project: string): Promise<boolean[]> {
  const server = await serveModels(found);
  const served = found.map((model, index) => {
    const folder = server.urlOf(index);
    const { name, json, floats } = model;
    const address = addressOf(model, folder);
    const urlOf = (file: string) => folder + encodeURIComponent(file);
    return { name, address, folder, json: urlOf(json), floats: urlOf(floats) };
  });
  try {
    const results = await compareModels(served, project);
    return results.map(hasPassed);
  } finally {
    server.close();
  }
}

function conclude(outcomes: readonly boolean[]): void {
  const passed = outcomes.filter((outcome) => outcome).length;
  process.exitCode = outcomes.length > 0 && passed === outcomes.length ? 0 : 1;
  console.log(`${passed} passed, ${outcomes.length - passed} failed`);
}

async function main(): Promise<void> {
  const { directory, project } = readArguments();
  const found = await findModels(directory);
  const read = found.filter((model) => isRead(model));
  const unread = found.filter((model) => !read.includes(model));
  for (const { name } of unread) console.log(`-      ${name}: no source of models reads GGUF yet`);
  const outcomes = read.length === 0 ? [] : await compareAll(read, project);
  if (read.length === 0)
    console.log(`There is no model with reference data that can be read in ${directory}.`);
  if (unread.length > 0)
    console.log(`${unread.length} GGUF files were not compared, as no source reads them yet`);
  conclude(outcomes);
}

await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  conclude([]);
});
