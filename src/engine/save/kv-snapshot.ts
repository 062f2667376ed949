import type { Device } from "../../device/device.ts";
import { readRanges } from "../../device/readback.ts";
import { encodeExactValue, type ChunkValueShape } from "../../kv/value/chunk-value.ts";
import type { KvCache } from "../../kv/cache/kv-cache.ts";
import { valueShapes } from "../../kv/value/stored-form.ts";
import type { IndexRange } from "../../shared/index-range.ts";

/**
 * Copy rows of all layers off the GPU, as they are after what has been submitted so far: steps that
 * are submitted after the call, even ones that overwrite the rows, change nothing.
 *
 * @returns one value per layer group. Rejects if the device is lost.
 */
export function snapshotRows(
  device: Device,
  cache: KvCache,
  tokens: IndexRange,
): Promise<Uint8Array<ArrayBuffer>[]> {
  const layerBytes = (tokens.end - tokens.start) * cache.rowBytes;
  const ranges = cache.layers.map((buffer) => ({
    buffer,
    offset: tokens.start * cache.rowBytes,
    bytes: layerBytes,
  }));
  const shapes = valueShapes(cache.shape, tokens.end - tokens.start);
  return readRanges(device, "kv snapshot", ranges, (mapped) =>
    shapes.map((shape) => encodeExactValue(shape, rowsOf(mapped, shape, layerBytes))),
  );
}

function rowsOf(
  mapped: ArrayBuffer,
  { layers: { start, end } }: ChunkValueShape,
  layerBytes: number,
): Uint8Array<ArrayBuffer> {
  return new Uint8Array(mapped, start * layerBytes, (end - start) * layerBytes);
}
