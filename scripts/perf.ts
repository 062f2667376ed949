/**
 * @file `npm run perf [-- --model FILE.gguf] [-- options of Playwright]` builds the page, measures reloads in a real
 * browser and writes the report. With a model's file, only that model is measured.
 */

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";

/** Takes `--model FILE` out of the arguments. The others are Playwright's. */
function readArguments(args: readonly string[]): { model: string | undefined; rest: string[] } {
  const at = args.findIndex((argument) => argument === "--model");
  if (at < 0) return { model: undefined, rest: [...args] };
  const file = args[at + 1];
  if (file === undefined || file.startsWith("--")) throw new Error("--model needs a GGUF file");
  if (!existsSync(file)) throw new Error(`There is no file ${file}.`);
  return { model: resolve(file), rest: [...args.slice(0, at), ...args.slice(at + 2)] };
}

const BIN = {
  playwright: "node_modules/@playwright/test/cli.js",
  vite: "node_modules/vite/bin/vite.js",
};

function main(): number {
  const { model, rest } = readArguments(process.argv.slice(2));
  // Playwright's configuration has the preview server offer the file at an address of its own.
  const env = { ...process.env, ...(model !== undefined && { PERF_MODEL: model }) };
  const steps = [
    [BIN.vite, "build"],
    [BIN.vite, "build", "--mode", "measuring", "--outDir", "dist-measuring"],
    [BIN.playwright, "test", "--project", "perf", "--workers", "1", ...rest],
  ];
  for (const step of steps) {
    const { status } = spawnSync(process.execPath, step, { stdio: "inherit", env });
    if (status !== 0) return status ?? 1;
  }
  return 0;
}

try {
  process.exitCode = main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
