import { expect, test } from "vitest";
import { CHECKSUM_BYTES, checksumOf, withoutChecksum } from "./checksum-behind.ts";

const withChecksum = async (bytes: Uint8Array) =>
  Uint8Array.from([...bytes, ...(await checksumOf(bytes))]);

const BYTES = Uint8Array.from({ length: 1000 }, (_, i) => (i * 37) % 251);

test("bytes come back from in front of their checksum", async () => {
  const checked = await withChecksum(BYTES);
  expect(checked).toHaveLength(BYTES.length + CHECKSUM_BYTES);
  expect(await withoutChecksum(checked)).toEqual(BYTES);
});

test.each([0, 500, 999, 1000, 1007])("a changed bit in byte %i is found", async (place) => {
  const checked = await withChecksum(BYTES);
  checked[place] = (checked[place] ?? 0) ^ 4;
  expect(await withoutChecksum(checked)).toBeUndefined();
});

test("what is shorter than a checksum has none", async () => {
  expect(await withoutChecksum(new Uint8Array(3))).toBeUndefined();
});
