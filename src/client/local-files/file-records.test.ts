import "fake-indexeddb/auto";
import { expect, test } from "vitest";
import { FileRecords, isKeptModel, type KeptModel } from "./file-records.ts";

const kept = (name: string, keptAtMs = 1): KeptModel => ({
  address: `local:${name}?size=5&modified=7`,
  parts: [{ name, size: 5, lastModified: 7, copy: "0b2c" }],
  keptAtMs,
});

let databases = 0;
const open = () => new FileRecords(`records ${String(databases++)}`);

test("what was kept is there, the latest first, until it is removed", async () => {
  const records = open();
  expect(await records.all()).toEqual([]);
  expect(await records.put(kept("a.gguf", 1))).toBe(true);
  await records.put(kept("b.gguf", 2));
  await records.put(kept("a.gguf", 3));
  expect(await records.all()).toEqual([kept("a.gguf", 3), kept("b.gguf", 2)]);
  expect(await records.get(kept("b.gguf").address)).toEqual(kept("b.gguf", 2));
  await records.remove(kept("b.gguf").address);
  expect(await records.get(kept("b.gguf").address)).toBeUndefined();
});

test("copies are never forgotten for others", async () => {
  const records = open();
  for (let i = 0; i < 60; i++) await records.put(kept(`${String(i)}.gguf`, i));
  expect(await records.all()).toHaveLength(60);
});

test("where the browser keeps nothing, nothing is found and put says so", async () => {
  const records = new FileRecords();
  const { indexedDB: real } = globalThis;
  Reflect.set(globalThis, "indexedDB", {
    open: () => {
      throw new DOMException("", "SecurityError");
    },
  });
  expect(await records.put(kept("a.gguf"))).toBe(false);
  expect(await records.all()).toEqual([]);
  await records.remove(kept("a.gguf").address);
  Reflect.set(globalThis, "indexedDB", real);
  expect(await records.put(kept("a.gguf"))).toBe(true);
});

test("a handle counts as one if a file can be had from it", () => {
  const handle = { kind: "file", getFile: () => undefined };
  const facts = { name: "a.gguf", size: 5, lastModified: 7 };
  expect(isKeptModel({ ...kept("a.gguf"), parts: [{ ...facts, handle }] })).toBe(true);
  for (const other of [undefined, null, "file", {}, { kind: "directory" }, { kind: "file" }])
    expect(isKeptModel({ ...kept("a.gguf"), parts: [{ ...facts, handle: other }] })).toBe(false);
});

const [part] = kept("a.gguf").parts;
test.each([
  null,
  "a",
  {},
  { ...kept("a.gguf"), address: "https://hub.example/m/" },
  { ...kept("a.gguf"), address: "local:a.gguf?size=6&modified=7" },
  { ...kept("a.gguf"), keptAtMs: "1" },
  { ...kept("a.gguf"), parts: [] },
  { ...kept("a.gguf"), parts: Array(1001).fill(part) },
  { ...kept("a.gguf"), parts: [{ ...part, copy: "../other" }] },
  { ...kept("a.gguf"), parts: [{ ...part, copy: "x".repeat(100) }] },
  { ...kept("a.gguf"), parts: [{ ...part, size: 5.5 }] },
  { ...kept("a.gguf"), parts: [{ ...part, name: 1 }] },
  { ...kept("a.gguf"), parts: [null] },
])("a record of another shape is left out: %#", async (record) => {
  expect(isKeptModel(record)).toBe(false);
  const records = open();
  await records.put(kept("b.gguf"));
  if (typeof record === "object" && record !== null && "address" in record) {
    await records.put(record as unknown as KeptModel);
    expect(await records.all()).toEqual([kept("b.gguf")]);
  }
});
