import { LANES } from "../../shaders/component-block.ts";
import { componentTables, PRECISION, PRECISION_BITS } from "../../shaders/component-tables.ts";
import type { StreamHeader } from "./component-header.ts";

/** A lane's state lies in [2^16, 2^32) as long as words are taken from it. */
const LEAST_STATE = 2 ** 16;
const STATE_BOUND = 2 ** 32;
/** A symbol of frequency f can be added to a state below f times this. */
const ROOM = STATE_BOUND / PRECISION;
/** Steps that may refill no lane: enough for a lane's 32 bits, and not too many to try. */
const MAX_TAIL = 256;

interface CodedStream {
  header: StreamHeader;
  /** In the order in which the decoder takes them. */
  words: Uint16Array;
}

/**
 * Code a stream's symbols, the last one first.
 *
 * @param symbols [steps, LANES]: where in the tables each symbol stands, `symbolAt`
 */
export function encodeStream(symbols: Uint16Array): CodedStream {
  const { frequencies, starts } = componentTables();
  const steps = symbols.length / LANES;
  const { refills, states } = startLanes(symbols, steps);
  const words = new Uint16Array(refills * LANES);
  let at = words.length;
  for (let i = words.length - 1; i >= 0; i--) {
    const symbol = symbols[i] ?? 0;
    const frequency = frequencies[symbol] ?? 1;
    const lane = i % LANES;
    let state = states[lane] ?? 0;
    if (state >= frequency * ROOM) {
      words[--at] = state & 0xffff;
      state = state >>> 16;
    }
    // The quotient is exact: in f64, none is so near the next whole number. The rest is modulo 2^32.
    const quotient = (state / frequency) >>> 0;
    const rest = state - Math.imul(quotient, frequency);
    states[lane] = (quotient << PRECISION_BITS) + rest + (starts[symbol] ?? 0);
  }
  return {
    header: { words: words.length - at, steps, refills, states },
    words: words.subarray(at),
  };
}

/**
 * States after the last steps. A decoder's last state says nothing to anyone, so that 16 bits of each
 * lane would be lost if the first were 2^16. Instead, the lanes start from next to nothing, and take in
 * as many steps as all of them have room for; in these the decoder knows not to refill.
 */
function startLanes(
  symbols: Uint16Array,
  steps: number,
): { refills: number; states: Uint32Array<ArrayBuffer> } {
  const lanes = Array.from({ length: LANES }, (_, lane) => laneOf(symbols, steps, lane));
  for (let tail = Math.min(...lanes.map(mostTail)); ; tail--) {
    const states = statesAfter(lanes, steps, tail);
    if (states) return { refills: steps - tail, states };
  }
}

/** A lane's symbols in the order in which they are coded. No more than MAX_TAIL of them. */
function laneOf(symbols: Uint16Array, steps: number, lane: number): Uint16Array {
  return new Uint16Array(Math.min(steps, MAX_TAIL)).map(
    (_, i) => symbols[(steps - 1 - i) * LANES + lane] ?? 0,
  );
}

/** More symbols would be too much for a lane, whatever it starts from. */
function mostTail(lane: Uint16Array): number {
  let state = 0;
  const at = lane.findIndex((symbol) => (state = added(state, symbol)) >= STATE_BOUND);
  return at < 0 ? lane.length : at;
}

/** @returns undefined if a lane has no room for so many steps */
function statesAfter(
  lanes: readonly Uint16Array[],
  steps: number,
  tail: number,
): Uint32Array<ArrayBuffer> | undefined {
  // A state of 0 could not be written; it is no less room to begin with 1.
  const least = tail === steps ? 1 : LEAST_STATE;
  const states = new Uint32Array(LANES);
  for (const [i, lane] of lanes.entries()) {
    const state = smallestState(lane.subarray(0, tail), least);
    if (state >= STATE_BOUND) return undefined;
    states[i] = state;
  }
  return states;
}

/** The smallest state of at least `least` that a lane can have after these symbols. */
function smallestState(lane: Uint16Array, least: number): number {
  // A lane that starts higher ends higher, and none ends below its start.
  let high = stateAfter(lane, 0) >= least ? 0 : 1;
  while (stateAfter(lane, high) < least) high *= 2;
  let low = Math.floor(high / 2);
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (stateAfter(lane, middle) >= least) high = middle;
    else low = middle + 1;
  }
  return stateAfter(lane, high);
}

/** Stops where there is no room for more. */
function stateAfter(lane: Uint16Array, start: number): number {
  let state = start;
  for (let i = 0; i < lane.length && state < STATE_BOUND; i++) state = added(state, lane[i] ?? 0);
  return state;
}

/** A state that has taken in a symbol. Above 2^32 only that it is. */
function added(state: number, symbol: number): number {
  const { frequencies, starts } = componentTables();
  const frequency = frequencies[symbol] ?? 1;
  const quotient = (state / frequency) >>> 0;
  return quotient * (PRECISION - frequency) + state + (starts[symbol] ?? 0);
}
