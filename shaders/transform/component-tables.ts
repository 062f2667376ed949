import { assert } from "../../src/shared/assert.ts";

/** Class 0 is a component of zeros, for which nothing is coded; the others have a table each. */
export const CLASSES = 16;

/** Frequencies of a table add up to 2^12. */
export const PRECISION_BITS = 12;
export const PRECISION = 1 << PRECISION_BITS;

/** Symbols of a table are at most this far from 0. */
const MAX_SYMBOL = 127;

/** Room for a table's symbols, from -128 on. */
const SYMBOL_STRIDE = 256;

/** Of each class, in steps of the quantiser: the standard deviation that its table is made for. */
const SCALES = [
  0, 0.15, 0.23, 0.35, 0.54, 0.83, 1.27, 1.95, 3, 4.6, 7, 10.8, 16.5, 25.4, 39, 60,
] as const;

/**
 * The static tables. They are part of the stored format, so they have to be the same on every machine:
 * they are made of literals by additions, multiplications and divisions alone, which IEEE 754 and
 * ECMAScript define to the last bit. No function of `Math` that engines may approximate is used.
 */
export interface ComponentTables {
  /** Of each class: the largest symbol; the smallest is its negative. */
  maxSymbol: Uint8Array<ArrayBuffer>;
  /** [class, 256]: how many of the 4096 slots symbol `i - 128` has. */
  frequencies: Uint16Array<ArrayBuffer>;
  /** [class, 256]: the first slot of symbol `i - 128`. */
  starts: Uint16Array<ArrayBuffer>;
  /**
   * [class - 1, 4096]: what a decoder needs to know of a slot, from the lowest bit on: 12 bits of the
   * symbol's frequency less 1, 12 bits of the slot's place among the symbol's, 8 bits of the symbol.
   */
  slots: Uint32Array<ArrayBuffer>;
}

let made: ComponentTables | undefined;

export function componentTables(): ComponentTables {
  return (made ??= makeTables());
}

/** Where a symbol's number stands in `frequencies` and `starts`. */
export const symbolAt = (kind: number, symbol: number): number =>
  kind * SYMBOL_STRIDE + SYMBOL_STRIDE / 2 + symbol;

function makeTables(): ComponentTables {
  const tables = {
    maxSymbol: new Uint8Array(CLASSES),
    frequencies: new Uint16Array(CLASSES * SYMBOL_STRIDE),
    starts: new Uint16Array(CLASSES * SYMBOL_STRIDE),
    slots: new Uint32Array((CLASSES - 1) * PRECISION),
  };
  for (const [kind, scale] of SCALES.entries()) if (kind > 0) addTable(tables, kind, scale);
  return tables;
}

function addTable(tables: ComponentTables, kind: number, scale: number): void {
  const max = Math.min(MAX_SYMBOL, Math.ceil(6 * scale) + 1);
  const units = apportion(massesOf(max, scale), PRECISION / 2);
  tables.maxSymbol[kind] = max;
  let start = 0;
  for (let symbol = -max; symbol <= max; symbol++) {
    const frequency = (units[Math.abs(symbol)] ?? 0) * (symbol === 0 ? 2 : 1);
    tables.frequencies[symbolAt(kind, symbol)] = frequency;
    tables.starts[symbolAt(kind, symbol)] = start;
    for (let i = 0; i < frequency; i++)
      tables.slots[(kind - 1) * PRECISION + start + i] =
        (frequency - 1) | (i << PRECISION_BITS) | (symbol << (2 * PRECISION_BITS));
    start += frequency;
  }
  assert(start === PRECISION, `the frequencies of class ${kind} add up to ${start}`);
}

/** Probability of each magnitude, both signs together; the last one's is of all beyond it as well. */
function massesOf(max: number, scale: number): number[] {
  const masses = [probability(0, scale)];
  let rest = 1 - probability(0, scale);
  for (let symbol = 1; symbol < max; symbol++) {
    const mass = 2 * probability(symbol, scale);
    masses.push(mass);
    rest -= mass;
  }
  return [...masses, Math.max(rest, 0)];
}

/**
 * The density, and the one place in which it stands: the probability that a code is `symbol` if what was
 * quantised has a standard deviation of `scale` steps. A Laplace distribution.
 */
function probability(symbol: number, scale: number): number {
  const rate = Math.SQRT2 / scale;
  const beyond = (x: number) => exp(-rate * x);
  const magnitude = Math.abs(symbol);
  if (magnitude === 0) return 1 - beyond(0.5);
  return (beyond(magnitude - 0.5) - beyond(magnitude + 0.5)) / 2;
}

/** e^x, to about 13 digits, and the same ones everywhere, which `Math.exp` does not promise. */
function exp(x: number): number {
  const HALVINGS = 12;
  const small = x / (1 << HALVINGS);
  let term = 1;
  let sum = 1;
  for (let i = 1; i <= 14; i++) {
    term *= small / i;
    sum += term;
  }
  for (let i = 0; i < HALVINGS; i++) sum *= sum;
  return sum;
}

/**
 * Share out `units` by mass, at least one to each: whoever has the fewest for its mass is next (Webster's
 * method), which is close to the shortest code.
 */
function apportion(masses: readonly number[], units: number): number[] {
  const shares = masses.map((mass) => Math.max(1, Math.floor(mass * units)));
  const given = shares.reduce((sum, share) => sum + share, 0);
  for (let left = given; left !== units; left += left < units ? 1 : -1) {
    const change = left < units ? 1 : -1;
    let best = 0;
    let most = -Infinity;
    for (let i = 0; i < masses.length; i++) {
      const share = (shares[i] ?? 0) + change;
      const need = (change * (masses[i] ?? 0)) / (share - change / 2);
      if (share < 1 || need <= most) continue;
      best = i;
      most = need;
    }
    shares[best] = (shares[best] ?? 0) + change;
  }
  return shares;
}
