import type { Device, DeviceBuffer } from "./device.ts";
import { assert } from "../shared/assert.ts";

type Data = ArrayBufferView<ArrayBuffer>;

/** Uniform buffers are bound in whole 16-byte rows. */
const UNIFORM_ALIGNMENT = 16;

/** A storage buffer of zeros that can be copied from and to. @param bytes rounded up to a multiple of 4 */
export function storageBuffer(device: Device, label: string, bytes: number): DeviceBuffer {
  return device.createBuffer({
    label,
    size: Math.ceil(bytes / 4) * 4,
    use: "storage",
  });
}

/** A storage buffer that holds `data`. @param data a multiple of 4 bytes long */
export function uploadStorage(device: Device, label: string, data: Data): DeviceBuffer {
  assert(data.byteLength % 4 === 0, `${label}: ${data.byteLength} bytes are not whole words`);
  const buffer = storageBuffer(device, label, data.byteLength);
  device.queue.writeBuffer(buffer, 0, data);
  return buffer;
}

/** A uniform buffer that starts with `data`. */
export function uploadUniform(device: Device, label: string, data: Data): DeviceBuffer {
  const buffer = device.createBuffer({
    label,
    size: Math.ceil(data.byteLength / UNIFORM_ALIGNMENT) * UNIFORM_ALIGNMENT,
    use: "uniform",
  });
  device.queue.writeBuffer(buffer, 0, data);
  return buffer;
}

/** A buffer that can be copied to, mapped and read on the CPU. */
export function stagingBuffer(device: Device, label: string, bytes: number): DeviceBuffer {
  return device.createBuffer({
    label,
    size: bytes,
    use: "staging",
  });
}
