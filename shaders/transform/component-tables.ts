import { assert } from "../../src/shared/assert.ts";

/** Number of classes of components. Class 0 is for components of zeros, which are not coded. Each other has a table. */
export const CLASSES = 16;

/** The frequencies of a table add up to 2^12. */
export const PRECISION_BITS = 12;
export const PRECISION = 1 << PRECISION_BITS;

/** Largest magnitude of a symbol. */
const MAX_SYMBOL = 127;

/** Places of a table for symbols, the first of which is -128. */
const SYMBOL_STRIDE = 256;

/** Standard deviation that the table of each class is made for, in steps of the quantiser. */
const SCALES = [
  0, 0.15, 0.23, 0.35, 0.54, 0.83, 1.27, 1.95, 3, 4.6, 7, 10.8, 16.5, 25.4, 39, 60,
] as const;

/**
 * The static tables of the entropy coder. They are part of the stored format, so they have to be the same on
 * every machine. They are computed from literals by additions, multiplications and divisions alone, which
 * IEEE 754 and ECMAScript define to the last bit. No function of `Math` that engines may approximate is used.
 */
export interface ComponentTables {
  /** Largest symbol of each class. The smallest is its negative. */
  maxSymbol: Uint8Array<ArrayBuffer>;
  /** [class, 256]: number of the 4096 slots that belong to symbol `i - 128`. */
  frequencies: Uint16Array<ArrayBuffer>;
  /** [class, 256]: first slot of symbol `i - 128`. */
  starts: Uint16Array<ArrayBuffer>;
  /**
   * [class - 1, 4096]: what a decoder needs to know about a slot. From the lowest bit on: 12 bits of the
   * symbol's frequency less 1, 12 bits of the slot's place among those of the symbol, 8 bits of the symbol.
   */
  slots: Uint32Array<ArrayBuffer>;
}

let made: ComponentTables | undefined;

export function componentTables(): ComponentTables {
  return (made ??= makeTables());
}

/** Index of a symbol in `frequencies` and `starts`. */
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

/** Probability of each magnitude, both signs together. The last one stands for all beyond it as well. */
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
 * Probability that a code is `symbol` if the quantised numbers have a Laplace distribution with a standard
 * deviation of `scale` steps. This function alone says which distribution it is.
 */
function probability(symbol: number, scale: number): number {
  const rate = Math.SQRT2 / scale;
  const beyond = (x: number) => exp(-rate * x);
  const magnitude = Math.abs(symbol);
  if (magnitude === 0) return 1 - beyond(0.5);
  return (beyond(magnitude - 0.5) - beyond(magnitude + 0.5)) / 2;
}

/** e^x to about 13 digits. They are the same on every machine, which `Math.exp` does not promise. */
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
 * Divide `units` by mass, at least one to each. The next unit goes to the mass that has the fewest for its
 * size (Webster's method), which comes close to the shortest code.
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
