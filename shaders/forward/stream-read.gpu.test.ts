import { describe, expect } from "vitest";
import { gpuTest } from "../../src/gpu/testing.ts";
import {
  streamReadGrid,
  streamReadReference,
  streamReadSource,
  streamReadSumBytes,
} from "./stream-read.ts";

describe("stream-read", () => {
  for (const words of [4, 4096 + 8])
    // one vec4u; one workgroup's share and a little more
    gpuTest(`reads each of ${words} words once`, async ({ gpu }) => {
      const data = Uint32Array.from({ length: words }, (_, i) => (i * 2654435761) >>> 0);
      const sums = gpu.empty(streamReadSumBytes(data.byteLength));
      const buffers = { data: gpu.upload(data), sums };
      await gpu.run(streamReadSource, buffers, streamReadGrid(data.byteLength));
      expect(streamReadReference(await gpu.readUint32(sums))).toBe(streamReadReference(data));
    });
});
