import { stagingBuffer } from "../../gpu/buffers.ts";
import { encodeExactValue, type ChunkValueShape } from "../../kv/value/chunk-value.ts";
import type { KvCache } from "../../kv/cache/kv-cache.ts";
import { valueShapes } from "../../kv/value/value-coder.ts";
import type { IndexRange } from "../../shared/index-range.ts";

/**
 * Copy rows of all layers off the GPU, as they are after what has been submitted so far: steps that
 * are submitted after the call, even ones that overwrite the rows, change nothing.
 *
 * @returns one value per layer group. Rejects if the device is lost.
 */
export function snapshotRows(
  device: GPUDevice,
  cache: KvCache,
  tokens: IndexRange,
): Promise<Uint8Array<ArrayBuffer>[]> {
  const layerBytes = (tokens.end - tokens.start) * cache.rowBytes;
  const staging = stagingBuffer(device, "kv snapshot", layerBytes * cache.layers.length);
  const encoder = device.createCommandEncoder();
  for (const [layer, buffer] of cache.layers.entries())
    encoder.copyBufferToBuffer(
      buffer,
      tokens.start * cache.rowBytes,
      staging,
      layer * layerBytes,
      layerBytes,
    );
  device.queue.submit([encoder.finish()]);
  return collect(staging, valueShapes(cache.shape, tokens.end - tokens.start), layerBytes);
}

async function collect(
  staging: GPUBuffer,
  shapes: readonly ChunkValueShape[],
  layerBytes: number,
): Promise<Uint8Array<ArrayBuffer>[]> {
  try {
    await staging.mapAsync(GPUMapMode.READ);
    const rows = new Uint8Array(staging.getMappedRange());
    return shapes.map((shape) =>
      encodeExactValue(
        shape,
        rows.subarray(shape.layers.start * layerBytes, shape.layers.end * layerBytes),
      ),
    );
  } finally {
    staging.destroy();
  }
}
