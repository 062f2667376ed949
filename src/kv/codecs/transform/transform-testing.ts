import {
  channelsOf,
  type GroupTransform,
  type Sides,
} from "../../../../shaders/transform/basis-group.ts";
import { centerRowsReference } from "../../../../shaders/transform/center-rows.ts";
import { uniforms } from "../entropy/component-testing.ts";
import { orthonormalise } from "./orthonormalise.ts";
import {
  sidesOf,
  type BasisGroup,
  type BasisShape,
  type BasisSide,
  type TransformBasis,
} from "../transform-basis.ts";
import { reconstructRows, type RopeRun } from "./transform-codec.ts";

interface BasisCase extends BasisShape {
  groups: readonly { layers: number; components: Sides<number> }[];
  seed?: number;
}

/** Deviation of a side's first component, and components after which it is 1/e of that. */
const DEVIATION = 2;
const DECAY = 25;
/** Finer than any step that is tested. */
const FINE_STEP = 1e-3;

/** Orthonormal components and weightings around 1, of any direction. */
export function randomBasis({ kvHeads, headDim, groups, seed = 1 }: BasisCase): TransformBasis {
  const next = uniforms(seed);
  const random = (): number => next.next().value * 2 - 1;
  let layer = 0;
  return {
    kvHeads,
    headDim,
    wideComponents: 1024,
    groups: groups.map(({ layers, components }): BasisGroup => {
      const shape = { kvHeads, headDim, layers };
      const start = layer;
      layer += layers;
      return {
        layers: { start, end: layer },
        keys: randomSide(random, shape, components[0]),
        values: randomSide(random, shape, components[1]),
      };
    }),
  };
}

function randomSide(
  random: () => number,
  { kvHeads, headDim, layers }: BasisShape & { layers: number },
  count: number,
): BasisSide {
  const channels = layers * kvHeads * headDim;
  const numbers = (length: number) => Float32Array.from({ length }, random);
  const components = numbers(count * channels);
  orthonormalise(components, channels);
  const weighting = new Float32Array(channels * headDim);
  for (let at = 0; at < weighting.length; at += headDim ** 2)
    weighting.set(positiveDefinite(numbers(headDim ** 2), headDim), at);
  const deviations = new Float32Array(count).map((_, i) => DEVIATION * Math.exp(-i / DECAY));
  return { mean: numbers(channels), weighting, deviations, components };
}

/** 1/2 + A Aᵀ / size: eigenvalues from 1/2 to about 2. */
function positiveDefinite(a: Float32Array, size: number): Float32Array {
  return a.map((_, at) => {
    const [row, column] = [Math.floor(at / size), at % size];
    let sum = row === column ? 0.5 : 0;
    for (let k = 0; k < size; k++)
      sum += ((a[row * size + k] ?? 0) * (a[column * size + k] ?? 0)) / size;
    return sum;
  });
}

/**
 * Rows as a basis expects them: components of its deviations, around a mean that is not quite its own, so
 * that something lies outside.
 *
 * @param noise how far a channel's mean is off at most
 * @returns of each layer [tokens, 2, kvHeads, headDim] f16 bits
 */
export function rowsInBasis(
  group: BasisGroup,
  transform: GroupTransform,
  run: Pick<RopeRun, "tokens" | "rotation">,
  { noise = 0.02, seed = 1 } = {},
): Uint16Array<ArrayBuffer>[] {
  const next = uniforms(seed);
  const random = (): number => next.next().value * 2 - 1;
  const codes = sidesOf(group).flatMap(({ deviations }) =>
    [...deviations].flatMap((deviation) =>
      Array.from({ length: run.tokens }, () =>
        // Uniform in as much as has this deviation.
        Math.round((random() * Math.sqrt(3) * deviation) / FINE_STEP),
      ),
    ),
  );
  const means = transform.means.map((mean) => mean.map((value) => value + noise * random()));
  const [keys = new Float32Array(), values = new Float32Array()] = means;
  const layer = new Uint16Array(run.tokens * 2 * transform.kvHeads * transform.headDim);
  return reconstructRows(
    { ...transform, means: [keys, values] },
    Array.from({ length: transform.layers }, () => layer),
    Int16Array.from(codes),
    { ...run, skip: 0, step: FINE_STEP },
  ).map((rows) => rows.slice());
}

/** W (x − mean) of rows: [2, channels, tokens], what errors are measured in. */
export function weightedRows(
  group: BasisGroup,
  transform: GroupTransform,
  layers: readonly Uint16Array[],
  run: RopeRun,
): Float64Array {
  const { headDim } = transform;
  const { tokens } = run;
  const channels = channelsOf(transform);
  const numbers = centerRowsReference(transform, layers, run.rotation, run);
  const weighted = new Float64Array(numbers.length);
  for (const [side, { weighting }] of sidesOf(group).entries())
    for (let channel = 0; channel < channels; channel++) {
      const first = side * channels + channel - (channel % headDim);
      for (let e = 0; e < headDim; e++) {
        const weight = weighting[channel * headDim + e] ?? NaN;
        for (let token = 0; token < tokens; token++) {
          const at = (side * channels + channel) * tokens + token;
          weighted[at] =
            (weighted[at] ?? 0) + weight * (numbers[(first + e) * tokens + token] ?? NaN);
        }
      }
    }
  return weighted;
}
