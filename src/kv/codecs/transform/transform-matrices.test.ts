import { expect, test } from "vitest";
import { finish } from "../../../linalg/stepped-work.ts";
import { componentsOf, sidesOf, type BasisSide } from "../transform-basis.ts";
import { decodeBasis, encodeBasis } from "./basis-file.ts";
import { transformMatrices, type TransformMatrices } from "./transform-matrices.ts";
import { randomBasis } from "./transform-testing.ts";

const SHAPE = { kvHeads: 2, headDim: 20 };
const CHANNELS = 120;

type Matrices = Pick<TransformMatrices, "forward" | "inverse">;

/** The keys of a group of three layers, as they come back from a file, in which each number has a byte. */
function roundedSide(components: number): BasisSide {
  const groups = [{ layers: 3, components: [components, 1] as const }];
  const basis = decodeBasis(encodeBasis(randomBasis({ ...SHAPE, groups })));
  const [group] = basis?.groups ?? [];
  if (!group) throw new Error("no basis");
  expect(componentsOf(group)[0]).toBe(components);
  return sidesOf(group)[0];
}

/** What is left of numbers [channels] that were written in components, as they are, and came back. */
function comeBack(numbers: Float64Array, { forward, inverse }: Matrices): Float64Array {
  const count = forward.length / CHANNELS;
  const back = new Float64Array(CHANNELS);
  for (let component = 0; component < count; component++) {
    let y = 0;
    for (let i = 0; i < CHANNELS; i++)
      y += (forward[i * count + component] ?? NaN) * (numbers[i] ?? NaN);
    for (let i = 0; i < CHANNELS; i++)
      back[i] = (back[i] ?? 0) + y * (inverse[component * CHANNELS + i] ?? NaN);
  }
  return back;
}

const length = (numbers: Float64Array) => Math.sqrt(numbers.reduce((sum, x) => sum + x * x, 0));

/** How far off numbers come back, over their own length: numbers that have the deviations of the components. */
function errorOf(side: BasisSide, matrices: Matrices): number {
  const numbers = new Float64Array(CHANNELS);
  for (const [component, deviation] of side.deviations.entries())
    for (let i = 0; i < CHANNELS; i++)
      numbers[i] =
        (numbers[i] ?? 0) + deviation * (matrices.inverse[component * CHANNELS + i] ?? NaN);
  const back = comeBack(numbers, matrices);
  return length(numbers.map((x, i) => x - (back[i] ?? NaN))) / length(numbers);
}

/** The matrices that take rounded components for orthonormal ones. */
function asIfOrthonormal(side: BasisSide) {
  const none = { ...side, deviations: side.deviations.map(() => 0) };
  return {
    forward: transformMatrices(none, SHAPE).forward,
    inverse: transformMatrices(side, SHAPE).inverse,
  };
}

for (const components of [CHANNELS, 40])
  test(`${components} rounded components of ${CHANNELS} channels: what is written in them comes back`, () => {
    const side = roundedSide(components);
    const before = errorOf(side, asIfOrthonormal(side));
    // A byte of the largest of 120 numbers is a hundredth of most of them.
    expect(before).toBeGreaterThan(0.003);
    expect(errorOf(side, transformMatrices(side, SHAPE))).toBeLessThan(before / 4);
  });

test("in steps it is the same", () => {
  const side = roundedSide(40);
  const inSteps = transformMatrices(side, SHAPE);
  finish(inSteps.prepareForward());
  expect(inSteps.forward).toEqual(transformMatrices(side, SHAPE).forward);
});
