import type { IndexRange } from "../../src/shared/index-range.ts";

/**
 * Tokens that are decoded at once: token `t` belongs to lane `t % LANES`, and each lane of a stream has
 * a state of its own. Part of the stored format.
 */
export const LANES = 32;

/**
 * Most components of a stream. A step is one component's 32 tokens, and a stream's steps follow one
 * another: fewer components are faster, more are smaller (a stream costs about 55 bytes besides its codes). Part of the
 * stored format.
 */
const STREAM_COMPONENTS = 128;

/** A block of [components, tokens]: the components of K, then those of V. */
export interface ComponentShape {
  /** A multiple of 32. */
  tokens: number;
  /** Components of K, and of V. */
  sideComponents: readonly [keys: number, values: number];
}

/** What a block's header says. A component is live if any of its codes is not 0. */
interface LiveComponents {
  tokens: number;
  /** Index of each live component, ascending. */
  live: Uint32Array<ArrayBuffer>;
}

/** Codes in as many bits as the largest of a component needs. */
export interface FixedBlock extends LiveComponents {
  variant: "fixed";
  /** Of each live component: bits of a code, in two's complement; 1 to 16. */
  widths: Uint8Array<ArrayBuffer>;
  /** Of each live component: the first of its `tokens * width / 32` words. */
  offsets: Uint32Array<ArrayBuffer>;
}

/** Codes by asymmetric numeral systems (rANS, arXiv:1311.2540), interleaved (arXiv:1402.3392). */
export interface RansBlock extends LiveComponents {
  variant: "rans";
  /** Of each live component: the table it is coded with; 1 to 15. */
  classes: Uint8Array<ArrayBuffer>;
  streams: readonly RansStream[];
  /** Codes that lie beyond their table, ascending by place, which is the index in [live, tokens]. */
  escapes: { places: Uint32Array<ArrayBuffer>; values: Int16Array<ArrayBuffer> };
}

/** What one workgroup decodes. */
export interface RansStream {
  /** Live components. */
  live: IndexRange;
  /** In halves: 16-bit words of the block, the lower half of a 32-bit word first. */
  words: IndexRange;
  /** In the first so many steps a lane whose state falls below 2^16 takes a word; later none does. */
  refills: number;
  /** Of each lane, before the first step. */
  states: Uint32Array<ArrayBuffer>;
  /** Of the block's escapes. */
  escapes: IndexRange;
}

export type ComponentBlock = FixedBlock | RansBlock;
export type ComponentVariant = ComponentBlock["variant"];

/** How live components are dealt out to streams: evenly, as few streams as can be. */
export function streamRanges(live: number): IndexRange[] {
  const streams = Math.ceil(live / STREAM_COMPONENTS);
  const bound = (i: number) => Math.floor((i * live) / streams);
  return Array.from({ length: streams }, (_, i) => ({ start: bound(i), end: bound(i + 1) }));
}
