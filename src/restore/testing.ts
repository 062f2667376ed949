import fc from "fast-check";
import type { DeviceProfile, TransferCost } from "./device-profile.ts";
import type { SavedSequence, StoredChunk } from "./staircase.ts";

/** A value takes 1 ms and 1 ms for 100 bytes, a token 1 ms for each layer. Decoding and steps cost nothing. */
export const PLAIN_PROFILE: DeviceProfile = {
  read: { fixedMs: 1, bytesPerMs: 100 },
  decode: { f16: { fixedMs: 0, bytesPerMs: Infinity } },
  prepare: {},
  prefill: { tokenLayerMs: 1, tokenLayerKiloMs: 0, stepMs: 0 },
  weights: { fixedMs: 0, bytesPerMs: 100 },
};

interface Shape {
  chunks: number;
  groups: number;
  layersPerGroup?: number;
  valueBytes?: number;
  family?: string;
}

/** Chunks of 128 tokens, whose values are all stored and of one size. */
export function savedSequence(shape: Shape, changes: Partial<SavedSequence> = {}): SavedSequence {
  const { chunks, groups, layersPerGroup = 1, valueBytes = 1000, family = "f16" } = shape;
  const layerGroups = Array.from({ length: groups }, (_, group) => ({
    start: group * layersPerGroup,
    end: (group + 1) * layersPerGroup,
  }));
  return {
    tokens: chunks * 128,
    residentTokens: 0,
    layerGroups,
    weightBytes: [],
    chunks: Array.from({ length: chunks }, (_, i) => ({
      start: i * 128,
      tokens: 128,
      values: layerGroups.map((layers) => ({ layers, bytes: valueBytes, family })),
    })),
    ...changes,
  };
}

/** A sequence without some of its values. @param holes pairs of chunk and layer group */
export function withHoles(
  saved: SavedSequence,
  holes: readonly (readonly [chunk: number, group: number])[],
): SavedSequence {
  const isHole = (chunk: number, group: number) =>
    holes.some(([atChunk, atGroup]) => atChunk === chunk && atGroup === group);
  const chunks = saved.chunks.map((chunk, i): StoredChunk => ({
    ...chunk,
    values: chunk.values.filter((_, group) => !isHole(i, group)),
  }));
  return { ...saved, chunks };
}

/** A number, evenly distributed over the orders of magnitude: `fc.double` prefers very small ones. */
const positive = (min: number, max: number) =>
  fc
    .integer({ min: 0, max: 1000 })
    .map((share) => Math.exp(Math.log(min) + (share / 1000) * Math.log(max / min)));

const share = fc.integer({ min: 0, max: 999 }).map((thousandths) => thousandths / 1000);

const anyTransfer = (maxFixedMs: number): fc.Arbitrary<TransferCost> =>
  fc.record({
    fixedMs: share.map((part) => part * maxFixedMs),
    bytesPerMs: positive(1e3, 1e7),
  });

/** Devices from a software adapter to far beyond today's GPUs, with stores from a slow card to memory. */
export const anyProfile: fc.Arbitrary<DeviceProfile> = fc.record({
  read: anyTransfer(5),
  decode: fc.record({ f16: anyTransfer(0.1), int4: anyTransfer(3) }),
  prepare: fc.record({ transform: anyTransfer(100) }),
  prefill: fc.record({
    tokenLayerMs: positive(1e-5, 5),
    tokenLayerKiloMs: positive(1e-6, 5),
    stepMs: share.map((part) => part * 5),
  }),
  weights: anyTransfer(1),
});

const anyBytes = positive(1e3, 2e6).map(Math.round);

/** Sequences of chunks with values of any size, of which some are missing, and with a tail that is not stored. */
export const anySaved = (maxChunks: number, maxGroups: number): fc.Arbitrary<SavedSequence> =>
  fc
    .record({
      chunks: fc.integer({ min: 0, max: maxChunks }),
      groups: fc.integer({ min: 1, max: maxGroups }),
      layersPerGroup: fc.integer({ min: 1, max: 4 }),
      tailTokens: fc.constantFrom(0, 0, 1, 60, 300),
      residentChunks: fc.constantFrom(0, 0, 0, 0.5),
      missing: fc.constantFrom(0, 0, 0, 0.03, 0.2),
      isCold: fc.boolean(),
      family: fc.constantFrom("f16", "int4", "unheard of"),
      seeds: fc.infiniteStream(share),
      sizes: fc.infiniteStream(anyBytes),
    })
    .map(({ seeds, sizes, tailTokens, residentChunks, missing, isCold, ...shape }) => {
      const saved = savedSequence(shape);
      const chunks = saved.chunks.map((chunk): StoredChunk => ({
        ...chunk,
        values: chunk.values
          .filter(() => next(seeds, 1) >= missing)
          .map((value) => ({ ...value, bytes: next(sizes, 1000) })),
      }));
      const layers = shape.groups * shape.layersPerGroup;
      return {
        ...saved,
        chunks,
        tokens: saved.tokens + tailTokens,
        residentTokens: Math.floor(saved.tokens * residentChunks),
        weightBytes: isCold ? Array.from({ length: layers }, () => next(sizes, 1000)) : [],
      };
    });

function next(stream: Iterator<number, undefined>, otherwise: number): number {
  const { value } = stream.next();
  return value ?? otherwise;
}
