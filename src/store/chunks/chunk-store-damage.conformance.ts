import fc from "fast-check";
import { expect, test } from "vitest";
import { held, type OpenChunkStore } from "./chunk-store.conformance.ts";
import { chunkAt, commitOf, contentOf, findOf, keyOf } from "./chunk-fixtures-testing.ts";
import type { TestChunkStore } from "./chunk-store-testing.ts";

const SIZES = [100, 50];
const RUNS = { numRuns: 60 };

/** Whatever happens to a stored value, a reader never gets another one in its place. */
export function chunkStoreDamageConformance(open: OpenChunkStore): void {
  const group = fc.constantFrom(0, 1);

  /** Damages a value of a store that has nothing else. One store serves many cases, because opening takes long. */
  const damaged = async (
    store: TestChunkStore,
    which: number,
    change: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array,
  ) => {
    await store.clear();
    await store.commit(commitOf("c", ["a", "ab"]));
    const original = contentOf("a", which, SIZES[which] ?? 0);
    const changed = new Uint8Array(change(original.slice()));
    await store.tamper(keyOf("a", which), changed);
    await expectGone(store, which);
  };

  test("a flipped bit is noticed, wherever it is", async () => {
    const store = await open();
    await fc.assert(
      fc.asyncProperty(group, fc.nat(49 * 8 + 7), (which, bit) =>
        damaged(store, which, (bytes) => {
          bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
          return bytes;
        }),
      ),
      RUNS,
    );
  });

  test("a region of other bytes is noticed", async () => {
    const store = await open();
    await fc.assert(
      fc.asyncProperty(
        group,
        fc.nat(49),
        fc.uint8Array({ minLength: 1, maxLength: 60 }),
        (which, start, region) =>
          damaged(store, which, (bytes) => {
            const end = Math.min(start + region.length, bytes.length);
            // The new bytes must differ from those that are stored.
            for (let i = start; i < end; i++)
              bytes[i] = (bytes[i] ?? 0) ^ ((region[i - start] ?? 0) | 1);
            return bytes;
          }),
      ),
      RUNS,
    );
  });

  test("a value that is shorter or longer is noticed", async () => {
    const store = await open();
    await fc.assert(
      fc.asyncProperty(group, fc.nat(49), fc.boolean(), (which, length, longer) =>
        damaged(store, which, (bytes) =>
          longer
            ? Uint8Array.of(...bytes, ...bytes.subarray(0, length + 1))
            : bytes.subarray(0, length),
        ),
      ),
      RUNS,
    );
  });

  test.each([
    ["another chunk's", keyOf("a", 0), keyOf("ab", 0)],
    ["another group's", keyOf("a", 0), keyOf("a", 1)],
    ["another fingerprint's", keyOf("a", 0), { ...keyOf("a", 0), fingerprint: "e".repeat(32) }],
  ])("a whole value in the place of %s is noticed", async (_whose, one, other) => {
    const store = await open();
    const sameSize = (path: string) => chunkAt(path, [70, 70]);
    const writes = [sameSize("a"), sameSize("ab")];
    await store.commit(commitOf("c", [], { writes }));
    const elsewhere = writes.map(({ meta, values }) => ({
      meta: { ...meta, fingerprint: "e".repeat(32) },
      values: values.map((value) => value.map((byte) => ~byte)),
    }));
    await store.commit(commitOf("c", [], { writes: elsewhere, fingerprint: "e".repeat(32) }));
    await store.swap(one, other);
    expect(await store.read(one)).toBeUndefined();
    expect(await store.read(other)).toBeUndefined();
  });

  test("a value that is not there takes its chunk with it", async () => {
    const store = await open();
    await store.commit(commitOf("c", ["a", "ab"]));
    await store.lose(keyOf("a", 1));
    await expectGone(store, 1);
  });

  test("what was removed for its damage can be stored again", async () => {
    const store = await open();
    await store.commit(commitOf("c", ["a"]));
    await store.lose(keyOf("a", 0));
    await store.read(keyOf("a", 0));
    expect(await store.commit(commitOf("c", ["a"]))).toMatchObject({ writtenBytes: 150 });
    expect(await store.read(keyOf("a", 0))).toEqual(contentOf("a", 0, 100));
  });
}

/** Checks that the value is not returned, that its chunk is gone with all groups, and that no other chunk is. */
async function expectGone(store: TestChunkStore, group: number): Promise<void> {
  expect(await store.read(keyOf("a", group))).toBeUndefined();
  expect(await held(store, ["a", "ab"])).toEqual([false, true]);
  const { full } = await store.find(findOf("c", "ab"));
  expect(full).toEqual([chunkAt("ab").meta]);
  expect(await store.read(keyOf("ab", group))).toBeDefined();
}
