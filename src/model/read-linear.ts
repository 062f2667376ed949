import { dequantizeReference } from "../../shaders/forward/weight-format.ts";
import { readBuffer } from "../gpu/readback.ts";
import type { Linear } from "./weights.ts";

/** Reads a weight matrix back from the GPU, as f32 [rows, columns]. */
export async function readLinear(
  device: GPUDevice,
  { buffer, shape, format }: Linear,
): Promise<Float32Array> {
  return dequantizeReference(format, new Uint8Array(await readBuffer(device, buffer)), shape);
}
