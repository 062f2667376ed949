import { CHUNK_TOKENS, RECENT_TOKENS, SINK_TOKENS } from "../../kv/cache/chunk-layout.ts";
import { sharingAtEqualBytes } from "./equal-bytes.ts";
import type { BenchRow } from "../../metrics/bench-rows.ts";
import type { Outcome } from "./scheme-evaluation.ts";
import type { CodingMs, ReferenceCoding } from "./coding-times.ts";
import type { Scheme } from "./schemes.ts";
import { kindName } from "./transformed-cache.ts";
import type { Codec } from "./round-trip-cache.ts";

export const round = (value: number): number => Number(value.toPrecision(3));
const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
const mean = (values: readonly number[]) => total(values) / values.length;

/** Results of a scheme over all conversations. */
export interface Measured {
  scheme: Scheme;
  ratio: number;
  kl: number;
  outcomes: readonly Outcome[];
}

export function summed(scheme: Scheme, outcomes: readonly Outcome[]): Measured {
  const sum = (of: (outcome: Outcome) => number) => total(outcomes.map(of));
  return {
    scheme,
    ratio: sum(({ plainBytes }) => plainBytes) / sum(({ storedBytes }) => storedBytes),
    kl: mean(outcomes.map(({ kl }) => kl)),
    outcomes,
  };
}

/** Coding times of a chunk as MB/s. */
export const ratesOf = ({ encodeMs, decodeMs }: CodingMs, chunkBytes: number) => ({
  encodeMBps: round(chunkBytes / encodeMs / 1e3),
  decodeMBps: round(chunkBytes / decodeMs / 1e3),
});

interface RateParts {
  layers: number;
  /** Bytes of a chunk of one layer in f16. */
  chunkBytes: number;
  /** Times on the GPU of each codec, for a layer and for a pair that is merged on the sphere. */
  gpu: Record<"layer" | "pair", ReadonlyMap<Codec, CodingMs>> & {
    /** Times for a layer of each kind of transform, by the kind's name. */
    transform: ReadonlyMap<string, CodingMs>;
  };
  reference: ReferenceCoding;
}

/**
 * Rates of a scheme over all layers. Layers in pairs count as pairs, the others one by one. The times are those of the
 * GPU, unless the scheme stores pairs in a way that has no kernels.
 */
export async function codingRates(
  { scheme, outcomes }: Measured,
  { layers, chunkBytes, gpu, reference }: RateParts,
) {
  const { way, codecOf, transform } = scheme;
  if (transform)
    return {
      ...ratesOf(gpu.transform.get(kindName(transform)) ?? UNKNOWN, chunkBytes),
      coder: "gpu",
    };
  const codecs = Array.from({ length: layers }, (_, layer) => codecOf(layer, layers));
  const onGpu = codecs.map((codec) => gpu.layer.get(codec) ?? UNKNOWN);
  if (scheme.pairs === 0) return { ...ratesOf(sumOf(onGpu, 1 / layers), chunkBytes), coder: "gpu" };
  const pairs = mean(outcomes.map((outcome) => outcome.pairs));
  const codec = codecs[0] ?? "f16";
  const whole = (single: CodingMs, pair: CodingMs) =>
    ratesOf(
      sumOf([sumOf([single], 1 - (2 * pairs) / layers), sumOf([pair], pairs / layers)]),
      chunkBytes,
    );
  const single = onGpu[0] ?? UNKNOWN;
  // With `alias` nothing is coded for the partner.
  if (way === "alias") return { ...whole(single, single), coder: "gpu" };
  if (way === "slerp") return { ...whole(single, gpu.pair.get(codec) ?? UNKNOWN), coder: "gpu" };
  const pair = await reference.pair(way, codec);
  return { ...whole(await reference.layer(codec), pair), coder: "reference" };
}

const UNKNOWN: CodingMs = { encodeMs: NaN, decodeMs: NaN };

const sumOf = (all: readonly CodingMs[], factor = 1): CodingMs => ({
  encodeMs: factor * total(all.map(({ encodeMs }) => encodeMs)),
  decodeMs: factor * total(all.map(({ decodeMs }) => decodeMs)),
});

const strategyOf = ({ transform, strategy }: Scheme): string =>
  transform ? "transform" : strategy;

export function schemeName(scheme: Scheme): string {
  const { pairs, way, codec } = scheme;
  const strategy = strategyOf(scheme);
  const sharing = pairs === 0 ? strategy : `${strategy}, pairs: ${pairs}`;
  const merging = way === "slerp" ? "" : `, ${way}`;
  return `${sharing}${merging} × ${codec}`;
}

/** A scheme's row of the report. @param bits results of all schemes without sharing */
export function schemeRow(
  { scheme, ratio, kl, outcomes }: Measured,
  bits: readonly Measured[],
): BenchRow {
  const { transform, pairs, way, codec } = scheme;
  const sum = (of: (outcome: Outcome) => number) => total(outcomes.map(of));
  return {
    name: schemeName(scheme),
    value: round(kl),
    unit: "nats",
    strategy: strategyOf(scheme),
    codec,
    ratio: round(ratio),
    wholeRatio: round(wholeRatio(ratio)),
    kl: round(kl),
    top1: round(mean(outcomes.map(({ sameTop }) => sameTop))),
    recall: sum(({ recalled }) => Number(recalled)),
    of: outcomes.length,
    pairs: round(mean(outcomes.map((outcome) => outcome.pairs))),
    ...(transform && {
      group: transform.group,
      basis: transform.basis,
      step: transform.step,
      variant: transform.variant,
    }),
    ...(pairs > 0 && { way, ...equalBytes({ ratio, kl }, bits) }),
  };
}

/** Bytes of a token's rows in all layers of Pip. */
const TOKEN_BYTES = 3072;
/** Bytes of a chunk's value besides its codes: header, layer entries and basis name. */
const VALUE_HEAD_BYTES = 32 + 12 * 16 + 8;
/** Bytes of a chunk's record in the index. */
const INDEX_BYTES = 512;
const WHOLE_TOKENS = 2000;

/** Ratio of a whole conversation of 2,000 tokens, where sinks and tokens outside coded chunks are stored in f16. */
function wholeRatio(ratio: number): number {
  const chunks = Math.floor((WHOLE_TOKENS - RECENT_TOKENS) / CHUNK_TOKENS);
  const codedTokens = chunks * CHUNK_TOKENS - SINK_TOKENS;
  const exactTokens = WHOLE_TOKENS - codedTokens;
  const heads = (chunks + 1) * (VALUE_HEAD_BYTES + INDEX_BYTES);
  const stored = (exactTokens + codedTokens / ratio) * TOKEN_BYTES + heads;
  return (WHOLE_TOKENS * TOKEN_BYTES) / stored;
}

function equalBytes(shared: Pick<Measured, "ratio" | "kl">, bits: readonly Measured[]) {
  const { klAtEqualBytes, extrapolated, sharingPays } = sharingAtEqualBytes(bits, shared);
  return {
    klAtEqualBytes: round(klAtEqualBytes),
    sharingPays,
    ...(extrapolated && { extrapolated }),
  };
}
