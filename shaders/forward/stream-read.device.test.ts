import { describe, expect } from "vitest";
import { deviceTest } from "../../src/device/testing.ts";
import {
  streamReadGrid,
  streamReadReference,
  streamReadSource,
  streamReadSumBytes,
} from "./stream-read.ts";

describe("stream-read", () => {
  for (const words of [4, 4096 + 8])
    // one vec4u; one workgroup's share and a little more
    deviceTest(`reads each of ${words} words once`, async ({ hardware }) => {
      const data = Uint32Array.from({ length: words }, (_, i) => (i * 2654435761) >>> 0);
      const sums = hardware.empty(streamReadSumBytes(data.byteLength));
      const buffers = { data: hardware.upload(data), sums };
      await hardware.run(streamReadSource, buffers, streamReadGrid(data.byteLength));
      expect(streamReadReference(await hardware.readUint32(sums))).toBe(streamReadReference(data));
    });
});
