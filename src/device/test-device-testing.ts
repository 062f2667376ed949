import { requestProcessor } from "../cpu/request-processor.ts";
import { requestGpu } from "../gpu/request-gpu.ts";
import { memoizeByKey } from "../shared/memoize.ts";
import type { Device, Hardware } from "./device.ts";
import type { Kernel, KernelSource } from "./kernel.ts";

const isOnProcessor = import.meta.env["TEST_DEVICE"] === "processor";

/** The device that this run of the tests is about: the processor if the environment says so, or a GPU. */
export const requestTestDevice = (): Promise<Hardware> =>
  isOnProcessor ? requestProcessor() : requestGpu();

/** Lets a device compile each kernel once, however many tests and models ask for it. */
function compilingOnce(device: Device): Device {
  const kernels = new Map<string, Promise<Kernel<string>>>();
  const compile = device.compileKernel.bind(device);
  device.compileKernel = <Binding extends string>(source: KernelSource<Binding>) =>
    memoizeByKey(kernels, JSON.stringify(source), () => compile(source)) as Promise<
      Kernel<Binding>
    >;
  return device;
}

async function openDevice(): Promise<Hardware> {
  const hardware = await requestTestDevice();
  return { ...hardware, device: compilingOnce(hardware.device) };
}

let shared: Promise<Hardware> | undefined;

/**
 * A device for the tests of a file. A GPU is shared by all files that share a page or a process, because compiling
 * kernels takes most of their time on a software adapter. A processor compiles nothing, and its memory is not given back
 * before it is closed, so that each file has one of its own.
 */
export function openTestDevice(): Promise<Hardware> {
  if (isOnProcessor) return openDevice();
  shared ??= openDevice().then((hardware) => {
    // A test that loses the device must not take it from those behind it.
    void hardware.device.lost.then(() => (shared = undefined));
    return hardware;
  });
  return shared;
}

/** Closes the device of a file, unless other files go on with it. */
export function closeTestDevice({ device, kind }: Hardware): void {
  if (kind === "processor") device.destroy();
}
