import fc from "fast-check";
import { expect, test } from "vitest";
import { failureOf } from "../model/sources/load-model-testing.ts";
import { openLocalFile } from "./local-file.ts";
import { partsOf, sliceOfParts } from "./ranged-file.ts";

const MIB = 2 ** 20;

test("parts end after 1, 2, 4 and 8 MiB, and then every 8 MiB", () => {
  expect(partsOf(21 * MIB).map(({ end }) => end / MIB)).toEqual([1, 2, 4, 8, 16, 21]);
  expect(partsOf(0)).toEqual([]);
  expect(partsOf(5)).toEqual([{ start: 0, end: 5 }]);
});

test("parts follow each other, and are all of a file", () => {
  fc.assert(
    fc.property(fc.nat(2 ** 31), (bytes) => {
      let before = 0;
      for (const { start, end } of partsOf(bytes)) {
        expect(start).toBe(before);
        expect(end - start).toBeGreaterThan(0);
        expect(end - start).toBeLessThanOrEqual(8 * MIB);
        before = end;
      }
      expect(before).toBe(bytes);
    }),
    { numRuns: 10 },
  );
});

test("any bytes can be read out of the parts", async () => {
  const all = Uint8Array.from({ length: 2000 }, (_, i) => i);
  const parts = [0, 700, 701, 1500].map((start, i) => ({
    start,
    end: [700, 701, 1500, 2000][i] ?? 0,
  }));
  const asked: number[] = [];
  const part = (index: number) => {
    asked.push(index);
    const { start, end } = parts[index] ?? { start: 0, end: 0 };
    return Promise.resolve(all.slice(start, end));
  };
  expect(await sliceOfParts({ parts, part }, { start: 650, end: 1501 })).toEqual(
    all.slice(650, 1501),
  );
  expect(await sliceOfParts({ parts, part }, { start: 700, end: 701 })).toEqual(
    all.slice(700, 701),
  );
  expect(asked).toEqual([0, 1, 2, 3, 1]);
});

test("a local file is read by its parts, and no byte is downloaded", async () => {
  const bytes = Uint8Array.from({ length: 3000 }, (_, i) => i);
  const file = openLocalFile(new File([bytes], "a.gguf"), "local:a.gguf");
  const told: number[] = [];
  expect(await file.part(0, (loaded) => told.push(loaded))).toEqual(bytes);
  expect(await file.slice({ start: 10, end: 20 })).toEqual(bytes.subarray(10, 20));
  expect(told).toEqual([3000]);
  expect(await file.missingBytes()).toBe(0);
});

test("a local file that the browser refuses to read is gone, and one that is shorter was changed", async () => {
  const file = new File([new Uint8Array(10)], "a.gguf");
  file.slice = () => {
    const blob = new Blob();
    blob.arrayBuffer = () => Promise.reject(new DOMException("changed", "NotReadableError"));
    return blob;
  };
  const gone = { code: "model-file-gone", name: "a.gguf" };
  expect(await failureOf(openLocalFile(file, "local:a.gguf").part(0))).toEqual(gone);
  file.slice = () => new Blob([new Uint8Array(3)]);
  const changed = { code: "model-changed", url: "local:a.gguf" };
  expect(await failureOf(openLocalFile(file, "local:a.gguf").part(0))).toEqual(changed);
});
