import type { Device } from "./device.ts";
import type { KernelSource } from "./kernel.ts";

/** A device, and the labels of the kernels that it compiles. */
export function countingDevice(device: Device): { device: Device; compiled: string[] } {
  const compiled: string[] = [];
  const compile = (source: KernelSource<string>) => {
    compiled.push(source.label);
    return device.compileKernel(source);
  };
  const counting = new Proxy(device, {
    get(_, name) {
      if (name === "compileKernel") return compile;
      const value: unknown = Reflect.get(device, name, device);
      return typeof value === "function" ? (value.bind(device) as unknown) : value;
    },
  });
  return { device: counting, compiled };
}
