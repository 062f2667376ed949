import type { ComponentCodes } from "./component-codec.ts";

/** Numbers in (0, 1) of a linear congruential generator, which are the same everywhere. */
export function* uniforms(seed: number): Generator<number, never> {
  for (let state = seed; ;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield (state + 0.5) / 2 ** 32;
  }
}

interface LaplaceCase {
  sideComponents: readonly [number, number];
  tokens: number;
  /** Standard deviation of a side's first component, in steps. */
  scale: number;
  /** The number of components after which the deviation is 1/e of that. */
  decay: number;
  seed?: number;
}

/**
 * Codes as transformed rows have them: Laplace distributed, each side's components smaller and smaller,
 * and 0 below 0.12 steps.
 *
 * @returns the block, and the bits that a code takes which knows each component's distribution
 */
export function laplaceBlock({ sideComponents, tokens, scale, decay, seed = 1 }: LaplaceCase): {
  block: ComponentCodes;
  idealBits: number;
} {
  const next = uniforms(seed);
  const components = sideComponents[0] + sideComponents[1];
  const codes = new Int16Array(components * tokens);
  let idealBits = 0;
  for (let component = 0; component < components; component++) {
    const rank = component < sideComponents[0] ? component : component - sideComponents[0];
    const deviation = scale * Math.exp(-rank / decay);
    if (deviation < 0.12) continue;
    const rate = Math.SQRT2 / deviation;
    for (let token = 0; token < tokens; token++) {
      const magnitude = Math.round(-Math.log(next.next().value) / rate);
      const code = next.next().value < 0.5 ? -magnitude : magnitude;
      codes[component * tokens + token] = code;
      idealBits -= Math.log2(laplaceProbability(magnitude, rate));
    }
  }
  return { block: { tokens, sideComponents, codes }, idealBits };
}

function laplaceProbability(magnitude: number, rate: number): number {
  if (magnitude === 0) return 1 - Math.exp(-rate / 2);
  return (Math.exp(-rate * (magnitude - 0.5)) - Math.exp(-rate * (magnitude + 0.5))) / 2;
}

/** A copy in which one bit is flipped. */
export function withBitFlipped(bytes: Uint8Array, bit: number): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes);
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
}
