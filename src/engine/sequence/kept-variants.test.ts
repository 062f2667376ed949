import { expect, test } from "vitest";
import type { AdapterDescription } from "../../device/device.ts";
import type { KernelVariant } from "../../model/forward/kernel-variant.ts";
import { generateModel } from "../../model/generate/generate-model.ts";
import { fail, ok } from "../../protocol/errors.ts";
import { memoryDeviceRecordStore } from "../../store/device-records/memory-device-record-store.ts";
import { keepVariant, variantIn, variantsRecord } from "./kept-variants.ts";

const ADAPTER: AdapterDescription = {
  vendor: "v",
  architecture: "a",
  description: "",
  software: false,
  subgroupLanes: 32,
};
const RECORD = variantsRecord("v a");

const FIRST: KernelVariant = {
  matmul: "tiled",
  matvec: "shared",
  lanes: 32,
  subgroups: true,
  attention: { shared: 1, nativeHalves: true, slicedByStep: false },
};
const LATER: KernelVariant = { ...FIRST, lanes: 16 };

const { config } = await generateModel();
type Model = Parameters<typeof variantIn>[1];
const MODEL: Model = { config, format: "q4-f16" };

function store() {
  const records = memoryDeviceRecordStore();
  const kv = {
    deviceRecord: async (name: string) => ok(await records.deviceRecord(name)),
    putDeviceRecord: async (name: string, value: unknown) => {
      await records.putDeviceRecord(name, value);
      return ok(undefined);
    },
  };
  const keep = (variant: KernelVariant, model = MODEL, adapter = ADAPTER) =>
    keepVariant(kv, RECORD, { ...model, adapter, variant });
  const kept = async (model = MODEL) => variantIn(await records.deviceRecord(RECORD), model);
  return { records, kv, keep, kept };
}

test("KV2: what was chosen first stays, whatever is chosen later", async () => {
  const { keep, kept } = store();
  await keep(FIRST);
  await keep(LATER);
  expect(await kept()).toEqual(FIRST);
});

test("models of other shapes and formats have choices of their own", async () => {
  const { keep, kept } = store();
  const wider = { ...MODEL, config: { ...config, hidden: 2 * config.hidden } };
  await keep(FIRST);
  await keep(LATER, wider);
  expect(await kept()).toEqual(FIRST);
  expect(await kept(wider)).toEqual(LATER);
  expect(await kept({ ...MODEL, format: "f16" })).toBeUndefined();
});

test("KV3: what cannot run any more is replaced", async () => {
  const { keep, kept } = store();
  await keep(FIRST);
  const slower = { ...FIRST, subgroups: false, lanes: 16 };
  await keep(slower, MODEL, { ...ADAPTER, subgroupLanes: 0 });
  expect(await kept()).toEqual(slower);
});

test("KV4: a damaged record counts as none, and is replaced", async () => {
  const damaged: unknown[] = [
    undefined,
    "none",
    [],
    { variants: "many" },
    { variants: [null, 3, { shape: 5, variant: FIRST }, { shape: "x".repeat(300) }] },
    { variants: Array.from({ length: 10_000 }, (_, i) => ({ shape: String(i), variant: {} })) },
  ];
  for (const record of damaged) {
    const { records, keep, kept } = store();
    await records.putDeviceRecord(RECORD, record);
    expect(await kept()).toBeUndefined();
    await keep(FIRST);
    expect(await kept()).toEqual(FIRST);
    const after = (await records.deviceRecord(RECORD)) as { variants: unknown[] };
    expect(after.variants.length).toBeLessThanOrEqual(32);
  }
});

test("a choice that could not be read is not overwritten", async () => {
  const { records, kv, kept, keep } = store();
  await keep(FIRST);
  const silent = () => Promise.resolve(fail({ code: "store-unavailable", message: "" } as const));
  const model = { ...MODEL, adapter: ADAPTER, variant: LATER };
  await keepVariant({ ...kv, deviceRecord: silent }, RECORD, model);
  expect(await kept()).toEqual(FIRST);
  expect(await records.deviceRecord(RECORD)).toBeDefined();
});
