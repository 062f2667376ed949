import { test } from "vitest";
import { requestGpu } from "../../gpu/device.ts";
import { recordRow } from "../../metrics/bench-rows.ts";
import { median } from "../../metrics/samples.ts";
import { loadTransformer } from "../testing.ts";

/** Rounds that are measured, each on a new device that has compiled no pipeline yet. */
const ROUNDS = 5;

/**
 * Makes the device compile one pipeline after the other from now on.
 *
 * @returns the time that each took in ms, by label; filled in as they are compiled
 */
function compileInTurn(device: GPUDevice): Map<string, number> {
  const times = new Map<string, number>();
  const compile = device.createComputePipelineAsync.bind(device);
  let last: Promise<unknown> = Promise.resolve();
  Reflect.set(device, "createComputePipelineAsync", (what: GPUComputePipelineDescriptor) => {
    const compiled = last.then(async () => {
      const startMs = performance.now();
      const pipeline = await compile(what);
      times.set(what.label ?? "", performance.now() - startMs);
      return pipeline;
    });
    last = compiled;
    return compiled;
  });
  return times;
}

for (const format of ["q0f16", "q4f16_1"])
  test(`what the kernels of Pip ${format} take to compile`, async ({ task }) => {
    const rounds: Map<string, number>[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const gpu = await requestGpu();
      const times = compileInTurn(gpu.device);
      await loadTransformer(gpu, `/models/pip-4.7m/mlc-${format}/`);
      rounds.push(times);
      gpu.device.destroy();
    }
    const record = (name: string, of: (times: ReadonlyMap<string, number>) => number) => {
      const value = Math.round(median(rounds.map(of)));
      recordRow(task, { name: `${format}: ${name}`, value, unit: "ms", rounds: ROUNDS });
    };
    record("all kernels, one after the other", (times) =>
      [...times.values()].reduce((sum, ms) => sum + ms, 0),
    );
    for (const label of rounds[0]?.keys() ?? []) record(label, (times) => times.get(label) ?? NaN);
  });
