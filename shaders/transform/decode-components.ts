import type { Grid, KernelSource } from "../../src/device/kernel.ts";
import { assert } from "../../src/shared/assert.ts";
import { componentTables, PRECISION, PRECISION_BITS } from "./component-tables.ts";
import {
  LANES,
  type ComponentBlock,
  type ComponentVariant,
  type FixedBlock,
  type RansBlock,
  type RansStream,
} from "./component-block.ts";
import fixedWgsl from "./decode-components-fixed.wgsl?raw";
import ransWgsl from "./decode-components-rans.wgsl?raw";

export type DecodeComponentsBinding = "block" | "params" | "tables" | "codes";

/** Words of the rANS kernel's parameters before those of the streams, and words of one stream. */
const PARAMS_HEADER = 4;
const STREAM_PARAMS = 8;

/**
 * The kernel of one variant. `block` holds a block's stored bytes, `params` its `componentParams`, `tables` the
 * `componentTables().slots` (which the kernel of `fixed` does not read), and `codes` is [live, tokens] f32.
 */
export function decodeComponentsSource(
  variant: ComponentVariant,
): KernelSource<DecodeComponentsBinding> {
  return {
    label: `decode-components-${variant}`,
    name: `decode-components-${variant}`,
    wgsl: [variant === "rans" ? ransWgsl : fixedWgsl],
    constants: { LANES, PRECISION_BITS, HEADER: PARAMS_HEADER, STREAM_PARAMS },
    bindings: { block: "read", params: "read", tables: "read", codes: "write" },
  };
}

/** One workgroup for each stream, or for each live component. */
export function decodeComponentsGrid(block: ComponentBlock): Grid {
  return [block.variant === "rans" ? block.streams.length : block.live.length];
}

/** Parameters of a block, laid out as each kernel's WGSL says. They are never empty. */
export function componentParams(block: ComponentBlock): Uint32Array<ArrayBuffer> {
  return block.variant === "rans" ? ransParams(block) : fixedParams(block);
}

function fixedParams({ tokens, widths, offsets }: FixedBlock): Uint32Array<ArrayBuffer> {
  const params = new Uint32Array(1 + 2 * widths.length);
  params[0] = tokens;
  for (const [i, width] of widths.entries()) params.set([offsets[i] ?? 0, width], 1 + 2 * i);
  return params;
}

function ransParams({ tokens, classes, streams, escapes }: RansBlock): Uint32Array<ArrayBuffer> {
  const statesAt = PARAMS_HEADER + streams.length * STREAM_PARAMS;
  const classesAt = statesAt + streams.length * LANES;
  const escapesAt = classesAt + classes.length;
  const params = new Uint32Array(escapesAt + 2 * escapes.places.length);
  params.set([tokens, statesAt, classesAt, escapesAt]);
  for (const [i, stream] of streams.entries()) {
    const { live, words, refills, states } = stream;
    params.set(
      [live.start, live.end, words.start, words.end, refills],
      PARAMS_HEADER + i * STREAM_PARAMS,
    );
    params.set([stream.escapes.start, stream.escapes.end], PARAMS_HEADER + i * STREAM_PARAMS + 5);
    params.set(states, statesAt + i * LANES);
  }
  params.set(classes, classesAt);
  for (const [i, place] of escapes.places.entries())
    params.set([place, escapes.values[i] ?? 0], escapesAt + 2 * i);
  return params;
}

/**
 * The kernels' results in plain loops. They are exact, since every code is a small integer.
 *
 * @param words words of the block; any payload can be decoded
 * @returns [live, tokens]
 */
export function decodeComponentsReference(
  words: Uint32Array,
  block: ComponentBlock,
): Int16Array<ArrayBuffer> {
  const codes = new Int16Array(block.live.length * block.tokens);
  if (block.variant === "fixed") {
    for (let i = 0; i < block.live.length; i++) unpackFixed(words, block, i, codes);
    return codes;
  }
  for (const stream of block.streams) decodeStream(words, block, stream, codes);
  for (const [i, place] of block.escapes.places.entries())
    codes[place] = block.escapes.values[i] ?? 0;
  return codes;
}

function unpackFixed(words: Uint32Array, block: FixedBlock, i: number, codes: Int16Array): void {
  const width = block.widths[i] ?? 0;
  const first = block.offsets[i] ?? 0;
  for (let token = 0; token < block.tokens; token++) {
    const bit = (token * width) % 32;
    const at = first + Math.floor((token * width) / 32);
    const low = (words[at] ?? 0) >>> bit;
    const high = bit + width > 32 ? (words[at + 1] ?? 0) << (32 - bit) : 0;
    codes[i * block.tokens + token] = ((low | high) << (32 - width)) >> (32 - width);
  }
}

function decodeStream(
  words: Uint32Array,
  { tokens, classes }: RansBlock,
  stream: RansStream,
  codes: Int16Array,
): void {
  const { slots } = componentTables();
  const states = stream.states.slice();
  let pointer = stream.words.start;
  let steps = 0;
  for (let place = stream.live.start * tokens; place < stream.live.end * tokens; place += LANES) {
    const table = ((classes[Math.floor(place / tokens)] ?? 1) - 1) * PRECISION;
    const refill = steps++ < stream.refills;
    for (let lane = 0; lane < LANES; lane++) {
      const state = states[lane] ?? 0;
      const slot = slots[table + (state & (PRECISION - 1))] ?? 0;
      codes[place + lane] = (slot | 0) >> 24;
      // The state is exact because it is below 2^32: at most 4096 * (2^20 - 1) + 4095.
      let next =
        ((slot & (PRECISION - 1)) + 1) * (state >>> PRECISION_BITS) +
        ((slot >>> PRECISION_BITS) & (PRECISION - 1));
      if (refill && next < 2 ** 16)
        next = next * 2 ** 16 + (pointer < stream.words.end ? halfAt(words, pointer++) : 0);
      states[lane] = next;
    }
  }
}

/** The 16-bit word `i` of a block. */
function halfAt(words: Uint32Array, i: number): number {
  return ((words[i >>> 1] ?? 0) >>> ((i & 1) * 16)) & 0xffff;
}

/** Check that live components fit into a dispatch, and that live components × tokens fit into 32 bits. */
export function assertComponentShape(tokens: number, components: number): void {
  assert(tokens > 0 && tokens % LANES === 0, `${tokens} tokens are no multiple of ${LANES}`);
  assert(components <= 65535, `${components} components are too many for a dispatch`);
  assert(tokens * components < 2 ** 27, `${components} x ${tokens} codes are too many`);
}
