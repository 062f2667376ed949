import { expect, onTestFinished, vi, type MockInstance } from "vitest";
import { stagingBuffer, uploadStorage } from "./buffers.ts";
import { dispatchAll, submit } from "./commands.ts";
import type { Device, DeviceBuffer } from "./device.ts";
import { requestTestDevice } from "./test-device-testing.ts";
import { bindKernel, compileKernel, type KernelSource } from "./kernel.ts";
import { Readback, readBuffer, readMapped, readRanges, wholeBuffer } from "./readback.ts";
import { KERNEL_TABLE } from "../cpu/kernel-table.ts";
import { deviceTest } from "./testing.ts";

/** values[i] += i + 1 */
const COUNT_UP: KernelSource<"values"> = {
  label: "count-up",
  name: "count-up",
  wgsl: [
    "@group(0) @binding(0) var<storage, read_write> values: array<u32>;",
    "@compute @workgroup_size(1) fn main(@builtin(global_invocation_id) id: vec3u) {",
    "  values[id.x] += id.x + 1u;",
    "}",
  ],
  bindings: { values: "write" },
};

KERNEL_TABLE.set("count-up", ({ memory, buffers: { values } }) => ([count]) => {
  const words = memory.words.subarray((values?.at ?? 0) / 4);
  for (let i = 0; i < count; i++) words[i] = (words[i] ?? 0) + i + 1;
});

const words = (mapped: ArrayBuffer) => [...new Uint32Array(mapped)];

interface Allocated {
  buffer: DeviceBuffer;
  /** Calls of the buffer's `destroy`, which still destroys it. */
  destroyed: MockInstance<() => void>;
}

/** All buffers that a device makes from now on until the test ends. */
function allocated(device: Device): Allocated[] {
  const made: Allocated[] = [];
  const create = device.createBuffer.bind(device);
  const spy = vi.spyOn(device, "createBuffer").mockImplementation((descriptor) => {
    const buffer = create(descriptor);
    made.push({ buffer, destroyed: vi.spyOn(buffer, "destroy") });
    return buffer;
  });
  onTestFinished(() => {
    spy.mockRestore();
  });
  return made;
}

deviceTest("ranges of several buffers come one behind the other", async ({ hardware }) => {
  const a = hardware.upload(Uint32Array.of(1, 2, 3, 4));
  const b = hardware.upload(Uint32Array.of(5, 6));
  const ranges = [wholeBuffer(b), { buffer: a, offset: 4, bytes: 8 }, wholeBuffer(b)];
  expect(await readRanges(hardware.device, "test", ranges, words)).toEqual([5, 6, 2, 3, 5, 6]);
});

deviceTest("what is submitted after the call changes nothing", async ({ hardware }) => {
  const { device } = hardware;
  const values = hardware.upload(new Uint32Array(3));
  const kernel = await compileKernel(device, COUNT_UP);
  const stage = {
    bound: bindKernel(device, kernel, { values }),
    grid: (count: number) => [count] as const,
  };
  const countUp = () => {
    submit(device, (encoder) => {
      dispatchAll(encoder, [stage, stage], 3);
    });
  };
  countUp();
  const before = readBuffer(device, values);
  countUp();
  const after = readBuffer(device, values);
  expect(words(await before)).toEqual([2, 4, 6]);
  expect(words(await after)).toEqual([4, 8, 12]);
});

deviceTest("copies and passes of one submission may alternate", async ({ hardware }) => {
  const { device } = hardware;
  const values = hardware.upload(new Uint32Array(2));
  const kernel = await compileKernel(device, COUNT_UP);
  const stage = { bound: bindKernel(device, kernel, { values }), grid: () => [2] as const };
  const readback = submit(device, (encoder) => {
    const both = new Readback(device, "test", 2 * values.size);
    for (let i = 0; i < 2; i++) {
      dispatchAll(encoder, [stage]);
      both.copy(encoder, wholeBuffer(values));
    }
    return both;
  });
  expect(await readback.read(words)).toEqual([1, 2, 2, 4]);
});

deviceTest("the staging buffer is freed once it was read", async ({ hardware }) => {
  const values = hardware.upload(Uint32Array.of(7));
  const made = allocated(hardware.device);
  expect(words(await readBuffer(hardware.device, values))).toEqual([7]);
  expect(made.map(({ buffer }) => buffer.mapState)).toEqual(["unmapped"]);
  for (const { destroyed } of made) expect(destroyed).toHaveBeenCalledOnce();
});

deviceTest("the staging buffer is freed where the bytes are refused", async ({ hardware }) => {
  const values = hardware.upload(Uint32Array.of(7));
  const made = allocated(hardware.device);
  const refused = readRanges(hardware.device, "test", [wholeBuffer(values)], () => {
    throw new Error("not these");
  });
  await expect(refused).rejects.toThrow("not these");
  expect(made.map(({ buffer }) => buffer.mapState)).toEqual(["unmapped"]);
  for (const { destroyed } of made) expect(destroyed).toHaveBeenCalledOnce();
});

deviceTest("a staging buffer that stays can be mapped again", async ({ hardware }) => {
  const { device } = hardware;
  const values = hardware.upload(Uint32Array.of(1, 2));
  const staging = stagingBuffer(device, "test", values.size);
  const copy = () => {
    submit(device, (encoder) => {
      encoder.copyBufferToBuffer(values, 0, staging, 0, values.size);
    });
  };
  copy();
  const refuse = () => {
    throw new Error("not these");
  };
  await expect(readMapped(staging, refuse)).rejects.toThrow("not these");
  copy();
  expect(await readMapped(staging, words, 4)).toEqual([1]);
  staging.destroy();
});

deviceTest("a lost device rejects, and the staging buffer is freed", async () => {
  const { device } = await requestTestDevice();
  const values = uploadStorage(device, "test", Uint32Array.of(1, 2));
  const made = allocated(device);
  const reading = readBuffer(device, values);
  device.destroy();
  await expect(reading).rejects.toThrow();
  await expect(readBuffer(device, values)).rejects.toThrow();
  expect(made).toHaveLength(2);
  for (const { destroyed } of made) expect(destroyed).toHaveBeenCalledOnce();
});
