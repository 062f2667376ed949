import type { IndexRange } from "../../src/shared/index-range.ts";

/**
 * Number of tokens that are decoded at the same time. Token `t` belongs to lane `t % LANES`, and each lane of
 * a stream has a state of its own. The number is part of the stored format.
 */
export const LANES = 32;

/**
 * Most components of a stream. A step decodes 32 tokens of one component, and the steps of a stream follow
 * one another. With fewer components to a stream decoding is faster; with more the block is smaller, because
 * a stream costs about 55 bytes besides its codes. The number is part of the stored format.
 */
const STREAM_COMPONENTS = 128;

/** Shape of a block of codes [components, tokens]: the components of K, then those of V. */
export interface ComponentShape {
  /** Number of tokens, a multiple of 32. */
  tokens: number;
  /** Number of components of K, and of V. */
  sideComponents: readonly [keys: number, values: number];
}

/** The part of a block's header that both variants have. A component is live if any of its codes is not 0. */
interface LiveComponents {
  tokens: number;
  /** Indices of the live components, ascending. */
  live: Uint32Array<ArrayBuffer>;
}

/** A block in which each code of a component has as many bits as the component's largest code needs. */
export interface FixedBlock extends LiveComponents {
  variant: "fixed";
  /** Bits of a code in each live component, 1 to 16. Codes are in two's complement. */
  widths: Uint8Array<ArrayBuffer>;
  /** First word of each live component, which takes `tokens * width / 32` words. */
  offsets: Uint32Array<ArrayBuffer>;
}

/** A block coded by asymmetric numeral systems (rANS, arXiv:1311.2540), interleaved (arXiv:1402.3392). */
export interface RansBlock extends LiveComponents {
  variant: "rans";
  /** Number of the table that each live component is coded with, 1 to 15. */
  classes: Uint8Array<ArrayBuffer>;
  streams: readonly RansStream[];
  /** Codes that their table has no symbol for. Places are indices in [live, tokens], ascending. */
  escapes: { places: Uint32Array<ArrayBuffer>; values: Int16Array<ArrayBuffer> };
}

/** The part of a block that one workgroup decodes. */
export interface RansStream {
  /** Its live components. */
  live: IndexRange;
  /** Its 16-bit words, counted over the whole block. The lower half of a 32-bit word comes first. */
  words: IndexRange;
  /** Number of first steps in which a lane whose state falls below 2^16 takes a word. Later none does. */
  refills: number;
  /** State of each lane before the first step. */
  states: Uint32Array<ArrayBuffer>;
  /** Its part of the block's escapes. */
  escapes: IndexRange;
}

export type ComponentBlock = FixedBlock | RansBlock;
export type ComponentVariant = ComponentBlock["variant"];

/** The live components of each stream: as few streams as possible, filled evenly. */
export function streamRanges(live: number): IndexRange[] {
  const streams = Math.ceil(live / STREAM_COMPONENTS);
  const bound = (i: number) => Math.floor((i * live) / streams);
  return Array.from({ length: streams }, (_, i) => ({ start: bound(i), end: bound(i + 1) }));
}
