import { LANES } from "../../../../shaders/transform/component-block.ts";
import {
  componentTables,
  PRECISION,
  PRECISION_BITS,
} from "../../../../shaders/transform/component-tables.ts";
import type { StreamHeader } from "./component-header.ts";

/** A lane's state lies in [2^16, 2^32) as long as words are taken from it. */
const LEAST_STATE = 2 ** 16;
const STATE_BOUND = 2 ** 32;
/** A symbol of frequency f can be added to a state below f times 2 to this. */
const ROOM_BITS = 32 - PRECISION_BITS;
/** Steps that may refill no lane: enough for a lane's 32 bits, and not too many to try. */
const MAX_TAIL = 256;

interface CodedStream {
  header: StreamHeader;
  /** The words, in the order in which the decoder takes them. */
  words: Uint16Array;
}

/**
 * Codes a stream's symbols, the last one first.
 *
 * @param symbols [steps, LANES]: where in the tables each symbol stands, `symbolAt`
 */
export function encodeStream(symbols: Uint16Array): CodedStream {
  const steps = symbols.length / LANES;
  const { refills, states } = startLanes(symbols, steps);
  const room = new Uint16Array(refills * LANES);
  const words = room.subarray(addSteps(symbols, states, room));
  return { header: { words: words.length, steps, refills, states }, words };
}

/**
 * Adds steps to the lanes' states, the last one first, and no more of them than there are words.
 *
 * @param words filled from the end
 * @returns the first word
 */
function addSteps(
  symbols: Uint16Array,
  states: Uint32Array<ArrayBuffer>,
  words: Uint16Array,
): number {
  const { frequencies, starts } = componentTables();
  let at = words.length;
  for (let first = words.length - LANES; first >= 0; first -= LANES)
    for (let lane = LANES - 1; lane >= 0; lane--) {
      const symbol = symbols[first + lane] ?? 0;
      const frequency = frequencies[symbol] ?? 1;
      let state = states[lane] ?? 0;
      if (state >>> ROOM_BITS >= frequency) {
        words[--at] = state & 0xffff;
        state = state >>> 16;
      }
      // The quotient is exact: in f64, none is so near the next whole number. The rest is modulo 2^32.
      const quotient = (state / frequency) >>> 0;
      states[lane] = state + Math.imul(quotient, PRECISION - frequency) + (starts[symbol] ?? 0);
    }
  return at;
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
  let tail = Math.min(steps, MAX_TAIL);
  for (let lane = 0; lane < LANES; lane++) tail = mostTail({ symbols, steps, lane }, tail);
  for (; ; tail--) {
    const states = statesAfter(symbols, steps, tail);
    if (states) return { refills: steps - tail, states };
  }
}

/** A lane's symbols are coded from the last step on. */
interface Lane {
  symbols: Uint16Array;
  steps: number;
  lane: number;
}

/** The symbol that is coded after `coded` others. */
const symbolAfter = ({ symbols, steps, lane }: Lane, coded: number): number =>
  symbols[(steps - 1 - coded) * LANES + lane] ?? 0;

/** The most symbols that a lane has room for, whatever it starts from; `most` at most. */
function mostTail(lane: Lane, most: number): number {
  let state = 0;
  for (let i = 0; i < most; i++) {
    state = added(state, symbolAfter(lane, i));
    if (state >= STATE_BOUND) return i;
  }
  return most;
}

/** @returns undefined if a lane has no room for this many steps */
function statesAfter(
  symbols: Uint16Array,
  steps: number,
  tail: number,
): Uint32Array<ArrayBuffer> | undefined {
  // A state of 0 could not be written; it is no less room to begin with 1.
  const least = tail === steps ? 1 : LEAST_STATE;
  const states = new Uint32Array(LANES);
  for (let lane = 0; lane < LANES; lane++) {
    const state = smallestState({ symbols, steps, lane }, tail, least);
    if (state >= STATE_BOUND) return undefined;
    states[lane] = state;
  }
  return states;
}

/** The smallest state of at least `least` that a lane can have after its first `tail` symbols. */
function smallestState(lane: Lane, tail: number, least: number): number {
  // A lane that starts higher ends higher, so that the least start can be traced back from the end.
  let state = least;
  for (let i = tail - 1; i >= 0; i--) state = leastBefore(state, symbolAfter(lane, i));
  for (let i = 0; i < tail && state < STATE_BOUND; i++) state = added(state, symbolAfter(lane, i));
  return state;
}

/** The smallest state that is at least `state` once it has taken in a symbol. */
function leastBefore(state: number, symbol: number): number {
  const { frequencies, starts } = componentTables();
  const frequency = frequencies[symbol] ?? 1;
  const place = (state & (PRECISION - 1)) - (starts[symbol] ?? 0);
  return (state >>> PRECISION_BITS) * frequency + Math.min(Math.max(place, 0), frequency);
}

/** A state that has taken in a symbol; STATE_BOUND if there is no room for it. */
function added(state: number, symbol: number): number {
  const { frequencies, starts } = componentTables();
  const frequency = frequencies[symbol] ?? 1;
  if (state >>> ROOM_BITS >= frequency) return STATE_BOUND;
  const quotient = (state / frequency) >>> 0;
  return (state + Math.imul(quotient, PRECISION - frequency) + (starts[symbol] ?? 0)) >>> 0;
}
