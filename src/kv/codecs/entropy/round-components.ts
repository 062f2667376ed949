/**
 * @file Rounds components to codes at the least cost in squared error and bits together: rate-distortion optimised
 * quantisation, as video coders do it (Sullivan and Wiegand, IEEE Signal Processing Magazine 15(6), 1998).
 */

import type {
  ComponentShape,
  ComponentVariant,
} from "../../../../shaders/transform/component-block.ts";
import { componentTables } from "../../../../shaders/transform/component-tables.ts";
import { chooseClasses, magnitudeBits } from "./component-classes.ts";

/** Less than a half, so that components near 0 get code 0 (a dead zone). */
const ROUNDING = 0.45;
/** The largest code, which larger components get as well. */
export const MAX_CODE = 2 ** 15 - 1;
/**
 * The squared error, in squared steps, that saving a bit is worth. By squared error alone it would be 2 ln 2 / 12, because
 * an error of step² / 12 falls to a quarter with each bit. But codes that are mostly too small do more to what a model says
 * than as large an error to both sides: with 0.12, rows of documents take 7 % more bytes at equal KL than with the nearest
 * codes, and with this no kind of text takes more (docs/measurements.md).
 */
const WORTH_OF_A_BIT = 0.05;
/**
 * The most steps that a component is rounded down by. What was coded once is a whole number of steps, but for roundings to
 * f16, and so stays what it is when it is coded again.
 */
const MOST_DOWN = 0.9;
/** How often classes are chosen for the codes, and codes for the classes. */
const ROUNDS = 2;

/** The most steps that a component and its code are apart, unless the component is beyond 16 bits. */
export const MOST_APART: Readonly<Record<ComponentVariant, number>> = {
  fixed: 1 - ROUNDING,
  rans: MOST_DOWN,
};

/**
 * The codes of components. Codes of fixed width are the nearest ones, with a dead zone. Entropy-coded ones are smaller
 * where the bits that this saves are worth the error.
 *
 * @param levels components in steps, [components, tokens]
 * @returns [components, tokens]
 */
export function roundComponents(
  levels: Float32Array,
  shape: ComponentShape,
  variant: ComponentVariant,
): Int16Array<ArrayBuffer> {
  const codes = Int16Array.from(levels, nearestCode);
  if (variant === "fixed") return codes;
  for (let round = 0; round < ROUNDS; round++)
    for (const [component, kind] of chooseClasses(codes, shape).entries()) {
      if (kind === 0) continue;
      const [start, end] = [component * shape.tokens, (component + 1) * shape.tokens];
      roundDown(levels.subarray(start, end), codes.subarray(start, end), thresholdsOf(kind));
    }
  dropCheap(codes, shape);
  return codes;
}

/** The nearest code, with a dead zone around 0. */
export function nearestCode(level: number): number {
  const size = Math.min(Math.floor(Math.abs(level) + ROUNDING), MAX_CODE);
  return level < 0 ? -size : size;
}

/** Gives each component of a class the smallest code that its level is not beyond the threshold of. */
function roundDown(levels: Float32Array, codes: Int16Array, thresholds: Float64Array): void {
  for (const [i, level] of levels.entries()) {
    const size = Math.abs(level);
    let code = Math.min(Math.floor(size + 0.5), MAX_CODE);
    while (code > 0 && size < (thresholds[code - 1] ?? 0)) code--;
    codes[i] = level < 0 ? -code : code;
  }
}

/** By class: up to which level a code is worth more than the next one. */
const thresholds = new Map<number, Float64Array>();

function thresholdsOf(kind: number): Float64Array {
  let own = thresholds.get(kind);
  if (!own) {
    const max = componentTables().maxSymbol[kind] ?? 0;
    own = Float64Array.from({ length: max }, (_, code) => {
      const saved = magnitudeBits(kind, code + 1) - magnitudeBits(kind, code);
      const down = 0.5 + (WORTH_OF_A_BIT / 2) * saved;
      return code + Math.min(Math.max(down, 0.5), MOST_DOWN);
    });
    thresholds.set(kind, own);
  }
  return own;
}

/** Makes all codes of a component 0 where together they are not worth their bits. */
function dropCheap(codes: Int16Array, shape: ComponentShape): void {
  const { tokens } = shape;
  const { maxSymbol } = componentTables();
  for (const [component, kind] of chooseClasses(codes, shape).entries()) {
    if (kind === 0) continue;
    const own = codes.subarray(component * tokens, (component + 1) * tokens);
    const max = maxSymbol[kind] ?? 0;
    let error = 0;
    let bits = 0;
    for (const code of own) {
      error += code * code;
      bits += magnitudeBits(kind, Math.min(Math.abs(code), max));
    }
    if (error < WORTH_OF_A_BIT * bits) own.fill(0);
  }
}
