import type { ComponentShape } from "../../../../shaders/transform/component-block.ts";
import {
  CLASSES,
  componentTables,
  PRECISION_BITS,
  symbolAt,
} from "../../../../shaders/transform/component-tables.ts";
import { numberBits } from "./bit-string.ts";
import { excessOrder } from "./component-escapes.ts";
import { kindBits } from "./component-kinds.ts";

/** Costs are in 1/256 of a bit. */
const BIT = 256;
/** About the bits that an escape's place and sign take. */
const ESCAPE_PLACE_BITS = 12;
/** When a class is this many bits worse than another, wider ones are not tried. */
const FAR = 64;
/** About the ratio of a class' largest symbol to the mean magnitude of a Laplace distribution of its scale. */
const SPAN = 8.5;
/** Magnitudes of 16-bit codes: 0 to 32768. */
const MAGNITUDES = 32769;

/** [class, 128]: the cost of each magnitude, its sign included. */
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

/**
 * The cost of a symbol with this many slots. It is computed digit by digit, and so exactly: encoders agree on
 * every machine.
 */
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

/** About the bits of a magnitude in a class, its sign included. @param magnitude at most the class' largest symbol */
export const magnitudeBits = (kind: number, magnitude: number): number =>
  (symbolCosts()[kind * 128 + magnitude] ?? 0) / BIT;

/**
 * The class of each component with which its codes are shortest, chosen one component after the other. The
 * bits that say the class count too.
 *
 * @param codes [components, tokens]
 * @returns [components]
 */
export function chooseClasses(
  codes: Int16Array,
  { tokens, sideComponents }: ComponentShape,
): Uint8Array<ArrayBuffer> {
  const histogram = new Histogram();
  const classes = new Uint8Array(sideComponents[0] + sideComponents[1]);
  let before: number | undefined;
  for (let component = 0; component < classes.length; component++) {
    if (component === sideComponents[0]) before = undefined;
    histogram.count(codes, component * tokens, tokens);
    before = histogram.size > 0 ? cheapestClass(histogram, before) : 0;
    classes[component] = before;
  }
  return classes;
}

/** How often each magnitude occurs among a component's codes. */
class Histogram {
  /** How many codes are 0. */
  zeros = 0;
  /** How many other magnitudes occur. */
  size = 0;
  /** The magnitudes that occur: the first `size` places count. */
  readonly magnitudes = new Uint16Array(MAGNITUDES);
  /** How often each magnitude occurs. */
  readonly counts = new Uint32Array(MAGNITUDES);

  count(codes: Int16Array, start: number, tokens: number): void {
    for (let i = 0; i < this.size; i++) this.counts[this.magnitudes[i] ?? 0] = 0;
    this.size = 0;
    this.zeros = 0;
    for (let i = start; i < start + tokens; i++) {
      const magnitude = Math.abs(codes[i] ?? 0);
      if (magnitude === 0) {
        this.zeros++;
        continue;
      }
      const before = this.counts[magnitude] ?? 0;
      if (before === 0) this.magnitudes[this.size++] = magnitude;
      this.counts[magnitude] = before + 1;
    }
  }
}

/** Tries classes from about the one that the mean magnitude suggests, to both sides, until they are far worse. */
function cheapestClass(histogram: Histogram, before: number | undefined): number {
  const guess = likelyClass(histogram);
  let cheapest = guess;
  let least = costIn(guess, histogram, before);
  for (const direction of [1, -1])
    for (let kind = guess + direction; kind > 0 && kind < CLASSES; kind += direction) {
      const cost = costIn(kind, histogram, before);
      if (cost > least + FAR * BIT) break;
      if (cost > least || (cost === least && kind > cheapest)) continue;
      cheapest = kind;
      least = cost;
    }
  return cheapest;
}

/** The narrowest class whose largest symbol is this many times the mean magnitude. */
function likelyClass({ zeros, size, magnitudes, counts }: Histogram): number {
  const { maxSymbol } = componentTables();
  let sum = 0;
  let codes = zeros;
  for (let i = 0; i < size; i++) {
    const count = counts[magnitudes[i] ?? 0] ?? 0;
    sum += count * (magnitudes[i] ?? 0);
    codes += count;
  }
  let kind = 1;
  while (kind < CLASSES - 1 && (maxSymbol[kind] ?? 0) * codes < SPAN * sum) kind++;
  return kind;
}

/** The cost of the codes, and of saying which class it is. */
function costIn(
  kind: number,
  { zeros, size, magnitudes, counts }: Histogram,
  before: number | undefined,
): number {
  const max = componentTables().maxSymbol[kind] ?? 0;
  const table = symbolCosts();
  const row = kind * 128;
  let cost = kindBits(kind, before) * BIT + zeros * (table[row] ?? 0);
  for (let i = 0; i < size; i++) {
    const magnitude = magnitudes[i] ?? 0;
    const count = counts[magnitude] ?? 0;
    if (magnitude <= max) {
      cost += count * (table[row + magnitude] ?? 0);
      continue;
    }
    const escape = escapeBits(magnitude - max - 1, kind) * BIT;
    cost += count * ((table[row + max] ?? 0) + escape);
  }
  return cost;
}

const escapeBits = (excess: number, kind: number): number =>
  ESCAPE_PLACE_BITS + numberBits(excess, excessOrder(kind));
