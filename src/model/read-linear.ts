import { weightBytes, type WeightFormat } from "../../shaders/forward/weight-format.ts";
import { readBuffer } from "../gpu/readback.ts";
import { decodeFloats } from "../shared/number-formats.ts";
import { decodeQ4 } from "../shared/q4-matrix.ts";
import type { Linear } from "./weights.ts";

/** Reads a weight matrix back from the GPU, as f32 [rows, columns]. */
export async function readLinear(
  device: GPUDevice,
  { buffer, shape }: Linear,
  format: WeightFormat,
): Promise<Float32Array> {
  const bytes = new Uint8Array(await readBuffer(device, buffer));
  const { codes, scales } = weightBytes(format, shape);
  const dtype = format.replace("q4-", "") as "f16" | "bf16" | "f32";
  if (scales === 0) return decodeFloats(bytes.subarray(0, codes), dtype);
  return decodeQ4({
    ...shape,
    words: new Uint32Array(bytes.slice(0, codes).buffer),
    scales: decodeFloats(bytes.subarray(codes, codes + scales), dtype),
  });
}
