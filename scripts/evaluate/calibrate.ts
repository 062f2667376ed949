/**
 * @file `npm run calibrate` makes the basis that ships with Pip, in Chromium. `npm run calibrate -- --model FILE.gguf
 * --chats FILE.jsonl --out FILE.bin` makes one for any model, on the processor in Node, from these chats and from the
 * project's own documents and code.
 */

import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { startVitest } from "vitest/node";
import { calibrationArguments, type CalibrationArguments } from "./calibration-arguments.ts";
import { runProject, withServedModel } from "./in-node.ts";

async function calibratePip(): Promise<void> {
  const config = "scripts/vitest-on-request.config.ts";
  const vitest = await startVitest("test", [], { config, project: "calibrate", run: true });
  await vitest.close();
}

async function calibrateModel({
  model,
  chats,
  out,
  ...shape
}: CalibrationArguments): Promise<void> {
  for (const file of [model, chats])
    if (!existsSync(file)) throw new Error(`There is no file ${file}.`);
  const path = resolve(out);
  const lines = await readFile(chats, "utf8");
  await withServedModel(model, async (address) => {
    const request = { address, chats: lines, out: path, ...shape };
    if (!(await runProject("calibrate-model", "calibration", request))) process.exitCode = 1;
  });
  if (process.exitCode !== 1) console.log(`${out}: ${String((await stat(path)).size)} bytes`);
}

async function main(): Promise<void> {
  const asked = calibrationArguments(process.argv.slice(2));
  await (asked ? calibrateModel(asked) : calibratePip());
}

await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
