import { expect, test } from "vitest";
import type { StoredLayer } from "../../../kv/value/chunk-value.ts";
import type { FoundChunk } from "../../sequence/stored-sequence.ts";
import { LoadedValues } from "./loaded-values.ts";

const chunkAt = (startToken: number): FoundChunk => ({
  fingerprint: "f",
  prefixHash: String(startToken),
  startToken,
  tokens: 128,
  lineage: "balanced",
  groupBytes: [100, 50],
});
const [FIRST, SECOND] = [chunkAt(0), chunkAt(128)];

const layerIn = (codec: string, partner?: number): StoredLayer => {
  const [sinks, coded] = [new Uint8Array(), new Uint8Array()];
  return { layer: 0, codec, sinks, coded, ...(partner !== undefined && { partner }) };
};

test("a value arrives, and then it is loaded or refused", () => {
  const values = new LoadedValues();
  const [loaded, refused] = [
    { chunk: FIRST, group: 0 },
    { chunk: FIRST, group: 1 },
  ];
  for (const place of [loaded, refused]) values.markArrived(place);
  expect(values.hasArrived(refused)).toBe(true);
  values.markLoaded(loaded, [layerIn("f16")], 100);
  values.markRefused(refused);
  expect(values.hasLoaded(loaded)).toBe(true);
  expect(values.hasLoaded(refused)).toBe(false);
  expect(values.hasArrived(refused)).toBe(false);
  expect(values.hasRefused(FIRST)).toBe(true);
  expect(values.hasRefused(SECOND)).toBe(false);
});

test("the summary counts chunks that were found, and what was loaded", () => {
  const values = new LoadedValues();
  expect(values.summaryOf([FIRST])).toEqual({
    bytesRead: 0,
    refusedChunks: 0,
    codec: "",
    strategy: "none",
  });
  values.markLoaded({ chunk: FIRST, group: 0 }, [layerIn("transform-30-rans")], 100);
  values.markLoaded({ chunk: FIRST, group: 1 }, [layerIn("f16", 3)], 50);
  for (const group of [0, 1]) values.markRefused({ chunk: SECOND, group });
  // This one was read ahead, and is not stored.
  values.markRefused({ chunk: chunkAt(256), group: 0 });
  expect(values.summaryOf([FIRST, SECOND])).toEqual({
    bytesRead: 150,
    refusedChunks: 1,
    codec: "f16 + transform-30-rans",
    strategy: "krul + transform",
  });
});
