import { expect, test } from "vitest";
import { MATMUL_BROADCAST, MATMUL_TILED } from "../../../shaders/forward/linear.ts";
import type { AdapterDescription } from "../../device/device.ts";
import { generateModel } from "../generate/generate-model.ts";
import type { KernelVariant } from "./kernel-variant.ts";
import { chooseKernels } from "./kernels.ts";

const { config } = await generateModel({ heads: 4, kvHeads: 2 });

const adapter = (kind: Partial<AdapterDescription>): AdapterDescription => ({
  vendor: "v",
  architecture: "a",
  description: "",
  software: false,
  subgroupLanes: 32,
  ...kind,
});

const HARDWARE = adapter({});
const PLAIN = adapter({ subgroupLanes: 0 });
const SOFTWARE = adapter({ software: true, subgroupLanes: 4 });

const chosen = (on: AdapterDescription, kept?: unknown): KernelVariant =>
  chooseKernels(on, config, kept).variant;

test("the chooser's choice says how rows are rounded", () => {
  expect(chosen(HARDWARE)).toEqual({
    matmul: "tiled",
    matvec: "shared",
    lanes: 32,
    subgroups: true,
    attention: { shared: 2, nativeHalves: true, slicedByStep: false },
  });
  expect(chosen(PLAIN)).toMatchObject({ lanes: 16, subgroups: false });
  expect(chosen(SOFTWARE)).toMatchObject({ matmul: "broadcast", matvec: "broadcast", lanes: 4 });
});

test("KV2: a variant that was kept wins over what would be chosen, and it is what is compiled", () => {
  const kept = { ...chosen(SOFTWARE), matmul: "tiled", lanes: 2 };
  expect(chosen(SOFTWARE, kept)).toEqual(kept);
  const { matmul, sharing } = chooseKernels(SOFTWARE, config, kept);
  expect(matmul).toBe(MATMUL_TILED);
  expect(sharing).toMatchObject({ lanes: 2, subgroups: true });
  const otherHeads = { ...chosen(HARDWARE).attention, shared: 1, nativeHalves: false };
  const { attention } = chooseKernels(HARDWARE, config, {
    ...chosen(HARDWARE),
    attention: otherHeads,
  });
  expect(attention).toMatchObject({ ...otherHeads, heads: 4, kvHeads: 2 });
  // Broadcasts are not chosen for hardware, and can run there.
  const broadcasting = { ...chosen(HARDWARE), matmul: "broadcast" };
  expect(chooseKernels(HARDWARE, config, broadcasting).matmul).toBe(MATMUL_BROADCAST);
});

test("KV1: only what decides the rounding is kept", () => {
  const { variant } = chooseKernels(HARDWARE, config);
  const { sharing, attention } = chooseKernels(SOFTWARE, config, { ...variant, lanes: 4 });
  expect([sharing.workgroup, attention.workgroup]).toEqual([16, 8]);
});

test.each<[string, AdapterDescription, object]>([
  ["broadcasts need subgroups", PLAIN, { matmul: "broadcast" }],
  ["broadcasts of one token need them too", PLAIN, { matvec: "broadcast" }],
  ["shuffles need subgroups", PLAIN, { subgroups: true }],
  ["shuffles reach as far as a subgroup", SOFTWARE, { lanes: 8 }],
  ["lanes divide a workgroup", PLAIN, { subgroups: false, lanes: 128 }],
  ["query heads that share keys are counted", HARDWARE, { attention: { shared: 4 } }],
])("KV3: what cannot run any more is replaced: %s", (_, on, change) => {
  const now = chosen(on);
  const { attention = {}, ...others } = change as { attention?: object };
  const kept = { ...now, ...others, attention: { ...now.attention, ...attention } };
  expect(kept).not.toEqual(now);
  expect(chosen(on, kept)).toEqual(now);
});

test("KV3: what does not fit the model is replaced", () => {
  const narrow = { ...config, ffn: 40 };
  const kept = { ...chosen(SOFTWARE), matvec: "broadcast" };
  expect(chooseKernels(SOFTWARE, narrow, kept).variant.matvec).toBe("shared");
});

test("KV4: whatever is kept and is no variant counts as nothing", () => {
  const now = chosen(HARDWARE);
  const damaged: unknown[] = [
    null,
    "tiled",
    [now],
    {},
    { ...now, lanes: undefined },
    { ...now, matmul: "best" },
    { ...now, matvec: ["shared"] },
    ...[0, -2, 3, 1.5, Number.NaN, Infinity, 2 ** 40, "16"].map((lanes) => ({ ...now, lanes })),
    { ...now, subgroups: 1 },
    { ...now, attention: undefined },
    ...[0, -1, 0.5, Number.NaN, "1"].map((shared) => ({
      ...now,
      attention: { ...now.attention, shared },
    })),
    { ...now, attention: { ...now.attention, nativeHalves: "yes" } },
  ];
  for (const kept of damaged) expect(chosen(HARDWARE, kept)).toEqual(now);
});
