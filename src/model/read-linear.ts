import type { Device } from "../device/device.ts";
import { dequantizeReference } from "../../shaders/forward/weight-format.ts";
import { readBuffer } from "../device/readback.ts";
import type { Linear } from "./weights.ts";

/** Reads a weight matrix back from the GPU, as f32 [rows, columns]. */
export async function readLinear(
  device: Device,
  { buffer, shape, format }: Linear,
): Promise<Float32Array> {
  return dequantizeReference(format, new Uint8Array(await readBuffer(device, buffer)), shape);
}
