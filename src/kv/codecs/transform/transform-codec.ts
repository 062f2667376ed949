/**
 * @file A transform codec's way from the rows of a group of layers to codes and back, in plain TypeScript.
 * The block of bytes that the codes become is component-codec.ts's.
 */

import type { GroupTransform, SteppedRun } from "../../../../shaders/transform/basis-group.ts";
import { centerRowsReference } from "../../../../shaders/transform/center-rows.ts";
import { reconstructRowsReference } from "../../../../shaders/transform/reconstruct-rows.ts";
import { componentsReference } from "../../../../shaders/transform/transform-rows.ts";
import type { Work } from "../../../linalg/stepped-work.ts";
import { componentsOf, sidesOf, type BasisGroup, type BasisShape } from "../transform-basis.ts";
import { nearestCode } from "../entropy/round-components.ts";
import { transformMatrices } from "./transform-matrices.ts";

/** A run, with its positions' cosines and sines: [tokens, headDim / 2, 2]. */
export interface RopeRun extends Pick<SteppedRun, "tokens" | "skip" | "step"> {
  rotation: Float32Array;
}

/** A transform whose matrices are computed when they are first asked for. */
export interface LazyTransform extends GroupTransform {
  /** Computes `forward` in steps, if it was not yet. */
  prepareForward(): Work<void>;
}

/** What is done to a group's numbers, before rounding: `roundedTransform` is what the GPU does. */
export function groupTransform(group: BasisGroup, shape: BasisShape): LazyTransform {
  const [keys, values] = sidesOf(group).map((side) => transformMatrices(side, shape));
  const none = new Float32Array();
  return {
    kvHeads: shape.kvHeads,
    headDim: shape.headDim,
    layers: group.layers.end - group.layers.start,
    components: componentsOf(group),
    means: [group.keys.mean, group.values.mean],
    *prepareForward() {
      yield* keys?.prepareForward() ?? [];
      yield* values?.prepareForward() ?? [];
    },
    get forward() {
      return [keys?.forward ?? none, values?.forward ?? none] as const;
    },
    get inverse() {
      return [keys?.inverse ?? none, values?.inverse ?? none] as const;
    },
  };
}

/**
 * Each component's code is the nearest: 0.55 of a step off at most, unless it is beyond 16 bits. Codes of skipped tokens
 * are 0.
 *
 * @param layers of each layer the run's rows, [tokens, 2, kvHeads, headDim] f16 bits
 * @returns [components of K, then of V; tokens]
 */
export function transformRows(
  transform: GroupTransform,
  layers: readonly Uint16Array[],
  run: RopeRun,
): Int16Array<ArrayBuffer> {
  const numbers = centerRowsReference(transform, layers, run.rotation, run);
  const y = componentsReference(transform, numbers, run.tokens);
  return Int16Array.from(y, (value) => nearestCode(value / run.step));
}

/**
 * The rows that codes stand for.
 *
 * @param layers the rows that skipped tokens keep; shapes as above
 */
export function reconstructRows(
  transform: GroupTransform,
  layers: readonly Uint16Array[],
  codes: Int16Array,
  run: RopeRun,
): Uint16Array[] {
  const rows = layers.map((layer) => layer.slice());
  reconstructRowsReference(transform, rows, codes, run);
  return rows;
}
