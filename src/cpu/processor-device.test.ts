import { expect, test } from "vitest";
import { storageBuffer, stagingBuffer, uploadStorage } from "../device/buffers.ts";
import { dispatchAll, submit } from "../device/commands.ts";
import type { Device, DeviceBuffer } from "../device/device.ts";
import { bindKernel, compileKernelAtOnce, type KernelSource } from "../device/kernel.ts";
import { readBuffer } from "../device/readback.ts";
import { KERNEL_TABLE } from "./kernel-table.ts";
import { requestProcessor } from "./request-processor.ts";

const source = (name: string): KernelSource<"values"> => ({
  label: name,
  name,
  wgsl: [],
  bindings: { values: "write" },
});

KERNEL_TABLE.set("test-double", ({ memory, buffers: { values } }) => ([count]) => {
  const words = memory.words.subarray((values?.at ?? 0) / 4);
  for (let i = 0; i < count; i++) words[i] = 2 * (words[i] ?? 0);
});

KERNEL_TABLE.set("test-trap", () => () => {
  throw new Error("the kernel trapped");
});

async function newDevice(): Promise<Device> {
  const { device } = await requestProcessor();
  return device;
}

function run(device: Device, kernel: string, values: DeviceBuffer, count = 1): void {
  const bound = bindKernel(device, compileKernelAtOnce(device, source(kernel)), { values });
  submit(device, (encoder) => {
    dispatchAll(encoder, [{ bound, grid: () => [count] as const }]);
  });
}

const wordsOf = async (device: Device, buffer: DeviceBuffer) => [
  ...new Uint32Array(await readBuffer(device, buffer)),
];

const TOO_LARGE = { label: "weights", size: 2 ** 34, use: "storage" } as const;

test("a buffer for which there is no memory is an out-of-memory error of the innermost scope", async () => {
  const device = await newDevice();
  const uncaptured: string[] = [];
  device.onUncapturedError(({ message }) => uncaptured.push(message));
  device.pushErrorScope("out-of-memory");
  device.pushErrorScope("out-of-memory");
  device.pushErrorScope("validation");
  device.createBuffer(TOO_LARGE).destroy();
  device.createBuffer({ ...TOO_LARGE, label: "another" }).destroy();
  expect(await device.popErrorScope()).toBeNull();
  const error = await device.popErrorScope();
  expect(error?.message).toBe("There is no memory for 17179869184 bytes of weights.");
  expect(await device.popErrorScope()).toBeNull();
  expect(uncaptured).toEqual([]);
  device.createBuffer(TOO_LARGE).destroy();
  expect(uncaptured).toEqual([error?.message]);
  // What fits is still there.
  expect(await wordsOf(device, storageBuffer(device, "test", 8))).toEqual([0, 0]);
});

test("writes come between what was submitted before and what is submitted later", async () => {
  const device = await newDevice();
  const values = uploadStorage(device, "test", Uint32Array.of(1, 2, 3, 4));
  const data = Uint32Array.of(10, 20, 30);
  run(device, "test-double", values, 4);
  device.queue.writeBuffer(values, 4, data, 1, 2);
  data.fill(99); // the bytes were copied
  run(device, "test-double", values, 2);
  device.queue.writeBuffer(values, 12, Uint8Array.of(0, 7, 0, 0, 0, 0).subarray(1, 5));
  expect(await wordsOf(device, values)).toEqual([4, 40, 30, 7]);
});

test("a write that does not fit is refused", async () => {
  const device = await newDevice();
  const values = storageBuffer(device, "test", 8);
  expect(() => {
    device.queue.writeBuffer(values, 4, new Uint8Array(8));
  }).toThrow("8 bytes do not fit into test");
});

test("copies may overlap, and clearing clears what it says", async () => {
  const device = await newDevice();
  const values = uploadStorage(device, "test", Uint32Array.of(1, 2, 3, 4));
  submit(device, (encoder) => {
    encoder.copyBufferToBuffer(values, 0, values, 4, 12);
    encoder.clearBuffer(values, 8, 4);
  });
  expect(await wordsOf(device, values)).toEqual([1, 1, 0, 3]);
});

test("a buffer's bytes are not given away before work that uses it is done", async () => {
  const device = await newDevice();
  const values = uploadStorage(device, "test", Uint32Array.of(1, 2));
  run(device, "test-double", values, 2);
  const words = wordsOf(device, values);
  values.destroy();
  values.destroy();
  const next = uploadStorage(device, "test", Uint32Array.of(8, 9));
  run(device, "test-double", next);
  expect(await words).toEqual([2, 4]);
  expect(await wordsOf(device, next)).toEqual([16, 9]);
  expect(await wordsOf(device, storageBuffer(device, "test", 8))).toEqual([0, 0]);
});

test("bytes that are not mapped cannot be read", async () => {
  const device = await newDevice();
  const staging = stagingBuffer(device, "test", 8);
  expect(() => staging.getMappedRange()).toThrow("test is not mapped");
  await staging.mapAsync(1);
  expect(staging.getMappedRange(4, 4).byteLength).toBe(4);
  staging.unmap();
  expect(() => staging.getMappedRange()).toThrow("test is not mapped");
  await expect(storageBuffer(device, "kept", 8).mapAsync(1)).rejects.toThrow("no staging buffer");
});

test("a kernel that traps loses the device, and nothing behind it runs", async () => {
  const device = await newDevice();
  const values = uploadStorage(device, "test", Uint32Array.of(1));
  const doneBefore = device.queue.onSubmittedWorkDone();
  run(device, "test-trap", values);
  const doneBehind = device.queue.onSubmittedWorkDone();
  const words = wordsOf(device, values);
  await expect(doneBefore).resolves.toBeUndefined();
  await expect(doneBehind).rejects.toThrow("The device is lost.");
  await expect(words).rejects.toThrow("The device is lost.");
  expect(await device.lost).toEqual({ message: "the kernel trapped" });
  await expect(device.queue.onSubmittedWorkDone()).rejects.toThrow("The device is lost.");
});

test("a device that is destroyed is lost once, and takes no more work", async () => {
  const device = await newDevice();
  const values = uploadStorage(device, "test", Uint32Array.of(1));
  const waiting = device.queue.onSubmittedWorkDone();
  device.destroy();
  device.destroy();
  await expect(waiting).rejects.toThrow("The device is lost.");
  expect(await device.lost).toEqual({ message: "The device was destroyed." });
  device.queue.writeBuffer(values, 0, Uint32Array.of(2));
  run(device, "test-double", values);
  await expect(readBuffer(device, values)).rejects.toThrow("The device is lost.");
});

test("a kernel that the processor does not have is a bug", async () => {
  const device = await newDevice();
  expect(() => compileKernelAtOnce(device, source("unheard-of"))).toThrow(
    "there is no kernel unheard-of",
  );
});
