import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { assert } from "../shared/assert.ts";
import { ProcessorMemory, type MemoryRange } from "./processor-memory.ts";

const FIRST = 2 ** 20;
const LINE = 64;
const PAGE = 65_536;

const newMemory = (isShared = false) => new ProcessorMemory(isShared, FIRST);

function allocated(memory: ProcessorMemory, size: number): MemoryRange {
  const range = memory.allocate(size);
  assert(range !== undefined, `there is no memory for ${size} bytes`);
  return range;
}

const bytesOf = (memory: ProcessorMemory, { at, size }: MemoryRange) =>
  memory.bytes.subarray(at, at + size);

const isZero = (bytes: Uint8Array) => bytes.every((byte) => byte === 0);

describe("what is allocated", () => {
  test("begins behind the first bytes, at whole cache lines", () => {
    const memory = newMemory();
    const ranges = [0, 1, LINE, LINE + 1, 1000].map((size) => allocated(memory, size));
    expect(ranges.map(({ size }) => size)).toEqual([64, 64, 64, 128, 1024]);
    for (const { at } of ranges) expect(at % LINE).toBe(0);
    expect(Math.min(...ranges.map(({ at }) => at))).toBeGreaterThanOrEqual(FIRST);
  });

  test("is never handed out twice, and is zero, whatever was freed in whatever order", () => {
    const step = fc.record({ size: fc.nat(3000), frees: fc.boolean(), which: fc.nat(100) });
    const memory = newMemory();
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const taken: MemoryRange[] = [];
        for (const { size, frees, which } of steps) {
          if (frees && taken.length > 0) {
            for (const range of taken.splice(which % taken.length, 1)) memory.free(range);
            continue;
          }
          const range = allocated(memory, size);
          expect(range.size).toBeGreaterThanOrEqual(size);
          expect(isZero(bytesOf(memory, range))).toBe(true);
          bytesOf(memory, range).fill(0xff);
          taken.push(range);
        }
        const sorted = taken.toSorted((a, b) => a.at - b.at);
        for (const [i, { at }] of sorted.slice(1).entries()) {
          const before = sorted[i];
          expect(at).toBeGreaterThanOrEqual((before?.at ?? 0) + (before?.size ?? 0));
        }
        for (const range of taken) memory.free(range);
      }),
    );
  });
});

describe("what is freed", () => {
  test("is taken again, from the lowest place where it fits", () => {
    const memory = newMemory();
    const [small, , large] = [LINE, LINE, 4 * LINE, LINE].map((size) => allocated(memory, size));
    assert(small !== undefined && large !== undefined, "four were asked for");
    memory.free(large);
    memory.free(small);
    expect(allocated(memory, 2 * LINE).at).toBe(large.at);
    expect(allocated(memory, LINE)).toEqual(small);
    expect(allocated(memory, 2 * LINE).at).toBe(large.at + 2 * LINE);
  });

  test.each([
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ])("becomes one with its neighbours: %i, %i, %i", (...order) => {
    const memory = newMemory();
    const ranges = [LINE, 2 * LINE, 3 * LINE].map((size) => allocated(memory, size));
    allocated(memory, LINE); // what is behind them stays taken
    for (const index of order) memory.free(ranges[index] ?? { at: NaN, size: NaN });
    expect(allocated(memory, 6 * LINE).at).toBe(ranges[0]?.at);
  });

  test("is one range in the end, so that the memory does not grow for the same again", () => {
    const memory = newMemory();
    const sizes = Array.from({ length: 50 }, (_, i) => 10_000 + 777 * i);
    const ranges = sizes.map((size) => allocated(memory, size));
    const { byteLength } = memory.memory.buffer;
    for (const range of ranges.toSorted((a, b) => (a.at % 7) - (b.at % 7))) memory.free(range);
    const all = ranges.reduce((sum, { size }) => sum + size, 0);
    expect(allocated(memory, all).at).toBe(ranges[0]?.at);
    expect(memory.memory.buffer.byteLength).toBe(byteLength);
  });
});

describe.each([{ isShared: false }, { isShared: true }])(
  "a memory that is shared: $isShared",
  ({ isShared }) => {
    test("grows when it has to, and keeps what is in it", () => {
      const memory = newMemory(isShared);
      const first = allocated(memory, 100);
      bytesOf(memory, first).fill(7);
      memory.words.set([123], first.at / 4 + 20);
      const { byteLength } = memory.memory.buffer;
      const large = allocated(memory, byteLength);
      expect(memory.memory.buffer.byteLength).toBeGreaterThan(byteLength);
      expect(memory.memory.buffer.byteLength - byteLength).toBeLessThan(byteLength + PAGE);
      bytesOf(memory, large).fill(9);
      expect(memory.bytes[large.at + large.size - 1]).toBe(9);
      expect([...bytesOf(memory, first).subarray(0, 80)]).toEqual(new Array(80).fill(7));
      expect(memory.words[first.at / 4 + 20]).toBe(123);
      expect(memory.floats).toHaveLength(memory.bytes.length / 4);
    });

    test("says that there is no room, and goes on", () => {
      const memory = newMemory(isShared);
      const before = memory.memory.buffer.byteLength;
      expect(memory.allocate(memory.maxBytes)).toBeUndefined();
      expect(memory.memory.buffer.byteLength).toBe(before);
      const refusing = vi.spyOn(memory.memory, "grow").mockImplementation(() => {
        throw new RangeError("the browser has no more");
      });
      expect(memory.allocate(before)).toBeUndefined();
      refusing.mockRestore();
      expect(isZero(bytesOf(memory, allocated(memory, before)))).toBe(true);
    });
  },
);
