/** @file Runs one project of the tests that run on request, with what it is asked for. */

import { stat } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { createVitest } from "vitest/node";
import type { ProvidedContext } from "vitest";
import { serveModels } from "../golden/serve-models.ts";

/** Runs a project to its end. @returns whether there was something to run, and all of it succeeded */
export async function runProject<K extends "evaluation" | "calibration">(
  project: string,
  key: K,
  value: ProvidedContext[K],
): Promise<boolean> {
  const config = "scripts/vitest-on-request.config.ts";
  const vitest = await createVitest("test", { config, project, run: true, watch: false });
  try {
    vitest.provide(key, value);
    await vitest.start();
    const modules = vitest.state.getTestModules();
    return modules.length > 0 && modules.every((module) => module.ok());
  } finally {
    await vitest.close();
  }
}

/** Serves a model while `use` runs. @param model path of a GGUF file, or of a folder of MLC's */
export async function withServedModel(
  model: string,
  use: (address: string) => Promise<void>,
): Promise<void> {
  const name = basename(model);
  const isFolder = (await stat(model)).isDirectory();
  const folder = isFolder ? resolve(model) : dirname(resolve(model));
  const file = isFolder ? undefined : name;
  const server = await serveModels([{ name, folder, file, json: "", floats: "" }]);
  try {
    await use(server.urlOf(0) + encodeURIComponent(file ?? ""));
  } finally {
    server.close();
  }
}
