import { stagingBuffer } from "../../gpu/buffers.ts";

/** A buffer's words after what has been submitted so far. */
export async function copyOut(
  device: GPUDevice,
  buffer: GPUBuffer,
): Promise<Uint32Array<ArrayBuffer>> {
  const staging = stagingBuffer(device, buffer.label, buffer.size);
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, 0, staging, 0, buffer.size);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(GPUMapMode.READ);
  const words = new Uint32Array(staging.getMappedRange().slice(0));
  staging.destroy();
  return words;
}
