import { describe, expect } from "vitest";
import { deviceTest, type DeviceHarness } from "../../src/device/testing.ts";
import {
  LANES,
  streamRanges,
  type ComponentBlock,
  type FixedBlock,
  type RansBlock,
} from "./component-block.ts";
import { componentTables } from "./component-tables.ts";
import {
  componentParams,
  decodeComponentsGrid,
  decodeComponentsReference,
  decodeComponentsSource,
} from "./decode-components.ts";

/** Random whole numbers from 0 up to, but not including, `bound`. */
const below = (hardware: DeviceHarness, bound: number, length: number): number[] =>
  Array.from(hardware.randomFloat32(length), (x) => Math.floor(((x + 1) / 2) * bound));

const randomWords = (hardware: DeviceHarness, length: number): Uint32Array<ArrayBuffer> => {
  const halves = below(hardware, 2 ** 16, 2 * length);
  return Uint32Array.from({ length }, (_, i) => {
    return (halves[2 * i] ?? 0) + (halves[2 * i + 1] ?? 0) * 2 ** 16;
  });
};

/** Decode a block on the device, and check that what stands behind the last code stays as it was. */
async function decode(
  hardware: DeviceHarness,
  words: Uint32Array<ArrayBuffer>,
  block: ComponentBlock,
): Promise<Float32Array> {
  const length = block.live.length * block.tokens;
  const buffers = {
    block: hardware.upload(words),
    params: hardware.upload(componentParams(block)),
    tables: hardware.upload(componentTables().slots),
    codes: hardware.upload(new Float32Array(length + 8).fill(0.5)),
  };
  await hardware.run(decodeComponentsSource(block.variant), buffers, decodeComponentsGrid(block));
  const codes = await hardware.readFloat32(buffers.codes);
  expect(codes.slice(length)).toEqual(new Float32Array(8).fill(0.5));
  return codes.slice(0, length);
}

async function expectReference(
  hardware: DeviceHarness,
  words: Uint32Array<ArrayBuffer>,
  block: ComponentBlock,
): Promise<void> {
  const expected = Float32Array.from(decodeComponentsReference(words, block));
  const actual = await decode(hardware, words, block);
  const different = actual.findIndex((code, i) => code !== expected[i]);
  expect(different, `code ${actual[different]} for ${expected[different]}`).toBe(-1);
}

interface Case {
  live: number;
  tokens: number;
  /** Average number of 16-bit words that a step takes. */
  wordsPerStep: number;
}

/** A block of random words, with gaps of one word between its streams. */
function randomRans(hardware: DeviceHarness, { live, tokens, wordsPerStep }: Case): RansBlock {
  const classes = Uint8Array.from(below(hardware, 15, live), (kind) => kind + 1);
  const places = below(hardware, 50, live * tokens).flatMap((x, place) => (x === 0 ? [place] : []));
  let word = 3;
  let escape = 0;
  const streams = streamRanges(live).map((range, i) => {
    const steps = ((range.end - range.start) * tokens) / LANES;
    const words = { start: word, end: word + Math.floor(wordsPerStep * steps) };
    word = words.end + 1;
    const escapes = { start: escape, end: places.filter((p) => p < range.end * tokens).length };
    escape = escapes.end;
    return {
      live: range,
      words,
      refills: i % 2 === 0 ? Math.max(steps - 5, 0) : steps,
      states: randomWords(hardware, LANES),
      escapes,
    };
  });
  return {
    variant: "rans",
    tokens,
    live: Uint32Array.from({ length: live }, (_, i) => 2 * i),
    classes,
    streams,
    escapes: {
      places: Uint32Array.from(places),
      values: Int16Array.from(places, (place) => (place % 2 ? -1 : 1) * (200 + place)),
    },
  };
}

const wordsOf = ({ streams }: RansBlock): number => Math.ceil((streams.at(-1)?.words.end ?? 0) / 2);

function randomFixed(
  hardware: DeviceHarness,
  { live, tokens }: Omit<Case, "wordsPerStep">,
): FixedBlock {
  const widths = Uint8Array.from(below(hardware, 16, live), (width) => width + 1);
  let end = 1;
  const offsets = Uint32Array.from(widths, (width) => {
    const offset = end;
    end += (width * tokens) / 32;
    return offset;
  });
  return {
    variant: "fixed",
    tokens,
    live: Uint32Array.from({ length: live }, (_, i) => i),
    widths,
    offsets,
  };
}

describe("decode-components", () => {
  for (const { live, tokens, wordsPerStep } of [
    { live: 1, tokens: 32, wordsPerStep: 10 },
    { live: 3, tokens: 128, wordsPerStep: 14 },
    { live: 128, tokens: 32, wordsPerStep: 14 },
    { live: 129, tokens: 96, wordsPerStep: 14 },
    { live: 400, tokens: 128, wordsPerStep: 14 },
    { live: 30, tokens: 128, wordsPerStep: 0 },
    { live: 30, tokens: 128, wordsPerStep: 3 },
  ])
    deviceTest(
      `rans: any words of ${live} x ${tokens} decode as in the reference, ${wordsPerStep} a step`,
      async ({ hardware }) => {
        const block = randomRans(hardware, { live, tokens, wordsPerStep });
        await expectReference(hardware, randomWords(hardware, wordsOf(block)), block);
      },
    );

  for (const { live, tokens } of [
    { live: 1, tokens: 32 },
    { live: 70, tokens: 128 },
    { live: 300, tokens: 96 },
  ])
    deviceTest(
      `fixed: any words of ${live} x ${tokens} decode as in the reference`,
      async ({ hardware }) => {
        const block = randomFixed(hardware, { live, tokens });
        const last = block.live.length - 1;
        const words = (block.offsets[last] ?? 0) + ((block.widths[last] ?? 0) * tokens) / 32;
        await expectReference(hardware, randomWords(hardware, words), block);
      },
    );
});
