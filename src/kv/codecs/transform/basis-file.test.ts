import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { expectClose } from "../../../device/expect-close.ts";
import { seededRandom } from "../../../linalg/matrix.ts";
import { basisBytes, basisWork, decodeBasis, encodeBasis, type BasisHeader } from "./basis-file.ts";
import { componentsOf, type BasisSide, type TransformBasis } from "../transform-basis.ts";
import { orthonormalise } from "./orthonormalise.ts";
import { inverseOf, transformMatrices } from "./transform-matrices.ts";

const [KV_HEADS, HEAD_DIM] = [2, 8];

function side(layers: number, count: number, seed: number): BasisSide {
  const random = seededRandom(seed);
  const channels = layers * KV_HEADS * HEAD_DIM;
  const weighting = new Float32Array(layers * KV_HEADS * HEAD_DIM ** 2);
  for (let block = 0; block < weighting.length; block += HEAD_DIM ** 2)
    for (let row = 0; row < HEAD_DIM; row++)
      for (let column = 0; column <= row; column++) {
        const value = row === column ? 2 + random() : 0.1 * random();
        weighting[block + row * HEAD_DIM + column] = value;
        weighting[block + column * HEAD_DIM + row] = value;
      }
  const components = Float32Array.from({ length: count * channels }, random);
  orthonormalise(components, channels);
  return {
    mean: Float32Array.from({ length: channels }, random),
    weighting,
    deviations: Float32Array.from({ length: count }, (_, i) => 1 / (i + 1)),
    components,
  };
}

const basis: TransformBasis = {
  kvHeads: KV_HEADS,
  headDim: HEAD_DIM,
  wideComponents: 32,
  groups: [
    { layers: { start: 0, end: 2 }, keys: side(2, 5, 1), values: side(2, 32, 2) },
    { layers: { start: 2, end: 3 }, keys: side(1, 3, 3), values: side(1, 0, 4) },
  ],
};

describe("a basis as a file", () => {
  test("is the same but for what a byte and two round", () => {
    const file = encodeBasis(basis);
    const sizes = basis.groups.map((group) => {
      return { layers: group.layers.end - group.layers.start, components: componentsOf(group) };
    });
    expect(file.length).toBe(basisBytes(basis, sizes));
    const read = decodeBasis(file);
    expect(read?.groups.map(({ layers }) => layers)).toEqual(
      basis.groups.map(({ layers }) => layers),
    );
    for (const [i, group] of basis.groups.entries())
      for (const name of ["keys", "values"] as const) {
        const [expected, actual] = [group[name], read?.groups[i]?.[name]];
        expect(actual?.mean).toEqual(expected.mean);
        expect(actual?.deviations).toEqual(expected.deviations);
        // Half a step of 1/127 and of 1/32767 of the largest, which is 1 and 3 at most.
        expectClose(actual?.components ?? new Float32Array(), expected.components, {
          atol: 0.5 / 127,
          rtol: 0,
        });
        expectClose(actual?.weighting ?? new Float32Array(), expected.weighting, {
          atol: 1.6 / 32767,
          rtol: 0,
        });
      }
    expect(encodeBasis(read ?? basis)).toEqual(file);
  });

  test("weak components in half a byte are orthonormal again when they are read", () => {
    const narrow = { ...basis, wideComponents: 2 };
    const file = encodeBasis(narrow);
    expect(file.length).toBeLessThan(encodeBasis(basis).length);
    const [group] = decodeBasis(file)?.groups ?? [];
    const { components = new Float32Array(), deviations = [] } = group?.values ?? {};
    const [channels, count] = [32, deviations.length];
    const row = (i: number) => components.subarray(i * channels, (i + 1) * channels);
    const product = (i: number, j: number) =>
      row(i).reduce((sum, value, d) => sum + value * (row(j)[d] ?? 0), 0);
    for (let i = 0; i < count; i++)
      for (let j = 0; j <= i; j++)
        expect(Math.abs(product(i, j) - (i === j ? 1 : 0))).toBeLessThan(1e-5);
    // Near what was written: half a step is 1/14 of the largest of 32 numbers.
    const expected = basis.groups[0]?.values.components ?? new Float32Array();
    for (let i = 0; i < 4; i++) {
      const near = row(i).reduce(
        (sum, value, d) => sum + value * (expected[i * channels + d] ?? 0),
        0,
      );
      expect(near).toBeGreaterThan(0.95);
    }
  });

  test("anything else is refused, and never throws", () => {
    const file = encodeBasis(basis);
    expect(decodeBasis(file.slice(0, -4))).toBeUndefined();
    expect(decodeBasis(Uint8Array.from([...file, 0, 0, 0, 0]))).toBeUndefined();
    expect(decodeBasis(new Uint8Array())).toBeUndefined();
    for (const word of [0, 1, 2, 4, 6, 7, 8])
      expect(decodeBasis(file.with(4 * word + 1, 0xff))).toBeUndefined();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const found = decodeBasis(Uint8Array.from([...file.subarray(0, 8), ...bytes]));
        expect(found === undefined || found.groups.length >= 0).toBe(true);
      }),
    );
  });
});

describe("a basis that nothing can be done with", () => {
  /** A header, and zeros up to any length. */
  const headed = (words: number[], length: number): Uint8Array<ArrayBuffer> => {
    const bytes = new Uint8Array(length);
    new Uint32Array(bytes.buffer, 0, words.length).set(words);
    return bytes;
  };
  const [magic = 0] = new Uint32Array(encodeBasis(basis).slice(0, 4).buffer);

  test.each([
    ["groups", [magic, 1, 2, 8, 2 ** 32 - 1, 0]],
    ["groups of no layers", [magic, 1, 2, 8, 4096, 0]],
    ["KV heads", [magic, 1, 2 ** 32 - 1, 8, 1, 0, 0, 1, 0, 0]],
    ["head dimensions", [magic, 1, 1, 2 ** 32 - 1, 1, 0, 0, 1, 0, 0]],
    ["layers", [magic, 1, 2, 8, 1, 0, 0, 2 ** 32 - 1, 0, 0]],
    ["components", [magic, 1, 2, 8, 1, 0, 0, 1, 2 ** 32 - 1, 1]],
    ["of everything", [magic, 1, ...Array.from({ length: 1000 }, () => 2 ** 32 - 1)]],
  ])("claims more %s than there are bytes, and nothing is made of it", (_, words) => {
    const before = process.memoryUsage().arrayBuffers;
    expect(decodeBasis(headed(words, 100_000))).toBeUndefined();
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20);
  });

  test("has a weighting that cannot be undone", () => {
    const [first, ...others] = basis.groups;
    const keys = { ...side(2, 5, 1), weighting: new Float32Array(2 * KV_HEADS * HEAD_DIM ** 2) };
    const groups = first ? [{ ...first, keys }, ...others] : [];
    expect(decodeBasis(encodeBasis({ ...basis, groups }))).toBeUndefined();
  });

  test("can be refused by what it would cost, before it is read", () => {
    const [layers, side] = [16, 1024];
    const sizes = [{ layers, components: [side, side] as const }];
    const shape = { kvHeads: 1, headDim: 64, wideComponents: 0 };
    const words = [magic, 1, shape.kvHeads, shape.headDim, 1, 0, 0, layers, side, side];
    const work: number[] = [];
    const refuse = (header: BasisHeader) => {
      work.push(basisWork(header));
      return false;
    };
    expect(decodeBasis(headed(words, basisBytes(shape, sizes)), refuse)).toBeUndefined();
    expect(work).toEqual([2 * 2 * 1024 ** 3]);
  });
});

describe("the matrices of a side", () => {
  test("lead into the components and back", () => {
    const [group] = basis.groups;
    const values = group?.values ?? side(2, 32, 2);
    const { forward, inverse } = transformMatrices(values, basis);
    const channels = 32;
    // All components: nothing is lost.
    const product = Float32Array.from({ length: channels ** 2 }, (_, at) => {
      const [from, to] = [Math.floor(at / channels), at % channels];
      let sum = 0;
      for (let c = 0; c < channels; c++)
        sum += (forward[from * channels + c] ?? 0) * (inverse[c * channels + to] ?? 0);
      return sum;
    });
    // Products of 32 numbers of f32, whose rounding is 6e-8 of about 3.
    expectClose(
      product,
      product.map((_, at) => (at % (channels + 1) === 0 ? 1 : 0)),
      { atol: 1e-4, rtol: 0 },
    );
  });

  test("a weighting that has no inverse is refused", () => {
    expect(() => inverseOf(new Float32Array(4), 2)).toThrow("positive definite");
  });
});

test("what is nothing but those before it becomes zero", () => {
  const rows = Float32Array.of(3, 4, 6, 8, 0, 1);
  orthonormalise(rows, 2);
  expectClose(rows, Float32Array.of(0.6, 0.8, 0, 0, -0.8, 0.6), { atol: 1e-6, rtol: 0 });
});
