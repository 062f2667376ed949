import type { ComponentShape } from "../../shaders/component-block.ts";
import {
  CLASSES,
  componentTables,
  PRECISION_BITS,
  symbolAt,
} from "../../shaders/component-tables.ts";
import { numberBits } from "./bit-string.ts";
import { excessOrder, kindBits } from "./component-header.ts";

/** Costs are in 1/256 of a bit. */
const BIT = 256;
/** About what an escape's place and sign take. */
const ESCAPE_PLACE_BITS = 12;
/** Once a class is so many bits worse than another, wider ones are not tried. */
const FAR = 64;
/** Magnitudes of 16-bit codes: 0 to 32768. */
const MAGNITUDES = 32769;

/** [class, 128]: cost of a magnitude, its sign included. */
let costs: Uint16Array | undefined;

function symbolCosts(): Uint16Array {
  if (costs) return costs;
  const { maxSymbol, frequencies } = componentTables();
  costs = new Uint16Array(CLASSES * 128);
  for (let kind = 1; kind < CLASSES; kind++)
    for (let symbol = 0; symbol <= (maxSymbol[kind] ?? 0); symbol++)
      costs[kind * 128 + symbol] = log2Cost(frequencies[symbolAt(kind, symbol)] ?? 1);
  return costs;
}

/** Of a symbol with so many slots. Digit by digit: exact, so that encoders agree on every machine. */
function log2Cost(frequency: number): number {
  let exponent = 31 - Math.clz32(frequency);
  let mantissa = frequency / (1 << exponent);
  for (let digit = 1; digit < BIT; digit *= 2) {
    mantissa *= mantissa;
    exponent = 2 * exponent + (mantissa >= 2 ? 1 : 0);
    if (mantissa >= 2) mantissa /= 2;
  }
  return PRECISION_BITS * BIT - exponent;
}

/**
 * The class of each component with which its codes are shortest, one after the other: what it takes to
 * say the class counts.
 *
 * @param codes [components, tokens]
 * @returns [components]
 */
export function chooseClasses(
  codes: Int16Array,
  { tokens, sideComponents }: ComponentShape,
): Uint8Array<ArrayBuffer> {
  const counts = new Uint32Array(MAGNITUDES);
  const classes = new Uint8Array(sideComponents[0] + sideComponents[1]);
  let before: number | undefined;
  for (let component = 0; component < classes.length; component++) {
    if (component === sideComponents[0]) before = undefined;
    const start = component * tokens;
    const magnitudes = countMagnitudes(codes.subarray(start, start + tokens), counts);
    before = magnitudes.length > 0 ? cheapestClass(magnitudes, counts, tokens, before) : 0;
    classes[component] = before;
    for (const magnitude of magnitudes) counts[magnitude] = 0;
  }
  return classes;
}

/** @returns magnitudes that occur, but for 0 */
function countMagnitudes(codes: Int16Array, counts: Uint32Array): number[] {
  const magnitudes: number[] = [];
  for (const code of codes) {
    if (code === 0) continue;
    const magnitude = code < 0 ? -code : code;
    const count = counts[magnitude] ?? 0;
    if (count === 0) magnitudes.push(magnitude);
    counts[magnitude] = count + 1;
  }
  return magnitudes;
}

function cheapestClass(
  magnitudes: readonly number[],
  counts: Uint32Array,
  tokens: number,
  before: number | undefined,
): number {
  const { maxSymbol } = componentTables();
  const table = symbolCosts();
  let cheapest = 0;
  let least = Infinity;
  for (let kind = 1; kind < CLASSES; kind++) {
    const max = maxSymbol[kind] ?? 0;
    let zeros = tokens;
    let cost = kindBits(kind, before) * BIT;
    for (const magnitude of magnitudes) {
      const count = counts[magnitude] ?? 0;
      zeros -= count;
      cost += count * (table[kind * 128 + Math.min(magnitude, max)] ?? 0);
      if (magnitude > max) cost += count * escapeBits(magnitude - max - 1, kind) * BIT;
    }
    cost += zeros * (table[kind * 128] ?? 0);
    if (cost > least + FAR * BIT) break;
    if (cost >= least) continue;
    cheapest = kind;
    least = cost;
  }
  return cheapest;
}

const escapeBits = (excess: number, kind: number): number =>
  ESCAPE_PLACE_BITS + numberBits(excess, excessOrder(kind));
