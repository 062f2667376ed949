import { expect, type Route, type Worker } from "@playwright/test";
import type { ChatPage } from "./chat-page.ts";

/** A device that an engine worker had, or has. Times are milliseconds since the Unix epoch. */
export interface CountedDevice {
  fromMs: number;
  /** When the device was given back; absent as long as the worker has it. */
  toMs?: number;
  /** The bytes of all buffers that were made on the device. */
  bytes: number;
}

/** Answers a request for the engine worker's script with a script that also notes its devices. */
export async function countDevices(route: Route): Promise<void> {
  const response = await route.fetch();
  const body = `(${noteDevices.toString()})();\n${await response.text()}`;
  await route.fulfill({ response, body });
}

/**
 * The devices of the tab's engine worker, oldest first. They are noted by the script itself, because a worker may be at
 * work before the test hears of it.
 */
export async function devices(chat: ChatPage): Promise<CountedDevice[]> {
  const isEngine = (worker: Worker) => worker.url().includes("engine.worker");
  await expect.poll(() => chat.page.workers().some(isEngine)).toBe(true);
  let counted: CountedDevice[] | undefined;
  const read = async () => {
    counted = await chat
      .worker("engine")
      .evaluate(() => Reflect.get(globalThis, "countedDevices") as CountedDevice[] | undefined);
    return counted !== undefined;
  };
  await expect.poll(read).toBe(true);
  return counted ?? [];
}

/** Notes the devices that are made. It runs in the worker, so it refers to nothing outside itself. */
function noteDevices(): void {
  const all: CountedDevice[] = [];
  Reflect.set(globalThis, "countedDevices", all);
  const nowMs = () => performance.timeOrigin + performance.now();
  const counted = new WeakMap<GPUDevice, CountedDevice>();
  const [adapter, device] = [GPUAdapter.prototype, GPUDevice.prototype];
  const original = {
    requestDevice: Reflect.get(adapter, "requestDevice"),
    createBuffer: Reflect.get(device, "createBuffer"),
    destroy: Reflect.get(device, "destroy"),
  };
  adapter.requestDevice = async function (...options) {
    const made = await original.requestDevice.apply(this, options);
    const one: CountedDevice = { fromMs: nowMs(), bytes: 0 };
    counted.set(made, one);
    all.push(one);
    return made;
  };
  device.createBuffer = function (descriptor) {
    const one = counted.get(this);
    if (one) one.bytes += descriptor.size;
    return original.createBuffer.call(this, descriptor);
  };
  device.destroy = function () {
    const one = counted.get(this);
    if (one) one.toMs ??= nowMs();
    original.destroy.call(this);
    return undefined;
  };
}
