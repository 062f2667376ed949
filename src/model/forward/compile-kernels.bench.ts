import { test } from "vitest";
import type { KernelSource } from "../../device/kernel.ts";
import type { Device } from "../../device/device.ts";
import { requestGpu } from "../../gpu/request-gpu.ts";
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
function compileInTurn(device: Device): Map<string, number> {
  const times = new Map<string, number>();
  const compile = device.compileKernel.bind(device);
  let last: Promise<unknown> = Promise.resolve();
  Reflect.set(device, "compileKernel", (source: KernelSource<string>) => {
    const compiled = last.then(async () => {
      const startMs = performance.now();
      const pipeline = await compile(source);
      times.set(source.label, performance.now() - startMs);
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
      const hardware = await requestGpu();
      const times = compileInTurn(hardware.device);
      await loadTransformer(hardware, `/models/pip-4.7m/mlc-${format}/`);
      rounds.push(times);
      hardware.device.destroy();
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
