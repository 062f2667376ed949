/**
 * @file The costs of restoring one model's rows on one device.
 *
 * All costs are linear in quantities that are known in advance. Reading a value takes a fixed time and a time
 * per byte, which describes values of 64 KiB and of 16 MiB alike. A prefill takes a time per token and layer
 * that grows with the position. The coefficients are fitted to measurements, of which some are far off (another
 * tab was busy, a page fault), and every restoration refreshes them.
 */

import { assert } from "../shared/assert.ts";
import { at } from "../shared/at.ts";
import { fitNonNegative, type Observation } from "./least-squares.ts";

/** The time of `values` values that have `bytes` in all is `values × fixedMs + bytes / bytesPerMs`. */
export interface TransferCost {
  fixedMs: number;
  bytesPerMs: number;
}

/** The time of a step is `stepMs + tokens × layers × (tokenLayerMs + tokenLayerKiloMs × position / 1000)`. */
export interface PrefillCost {
  /** The time of one token through one layer, with nothing before it. */
  tokenLayerMs: number;
  /** What a thousand tokens before it add to that time. */
  tokenLayerKiloMs: number;
  /** The time of one submission, however much it holds. */
  stepMs: number;
}

export interface DeviceProfile {
  /** Reading values from the store into memory. */
  read: TransferCost;
  /** Uploading and decoding values into the cache on the GPU, for each codec family, by their stored bytes. */
  decode: Readonly<Record<string, TransferCost>>;
  /**
   * Making what a codec family needs before it decodes its first value in a visit, such as matrices of a basis, by the
   * bytes that this takes on the device. Of a family that is not in it nothing was measured.
   */
  prepare: Readonly<Record<string, TransferCost>>;
  prefill: PrefillCost;
  /** Reading weights from the browser's cache onto the GPU. One layer's weights are a value. */
  weights: TransferCost;
}

export interface TransferSample {
  bytes: number;
  values: number;
  ms: number;
}

/** What one step of a prefill took. */
export interface PrefillSample {
  tokens: number;
  /** Position of the first token. */
  position: number;
  layers: number;
  ms: number;
}

/** What parts of restorations took, by the part of the profile that they tell of. */
export interface ProfileSamples {
  read?: readonly TransferSample[];
  decode?: Readonly<Record<string, readonly TransferSample[]>>;
  prepare?: Readonly<Record<string, readonly TransferSample[]>>;
  prefill?: readonly PrefillSample[];
  weights?: readonly TransferSample[];
}

/** Nothing is as fast as this. It keeps profiles finite where bytes took no time that could be measured. */
const MAX_BYTES_PER_MS = 1e9;
/** A time that is shorter than a browser's clock can tell. */
const MIN_MS = 0.01;

export const transferMs = (cost: TransferCost, bytes: number): number =>
  cost.fixedMs + bytes / cost.bytesPerMs;

/** What decoding a value takes. A family that is unknown or unmeasured costs as much as the slowest measured one. */
export function decodeMs(
  { decode }: DeviceProfile,
  family: string | undefined,
  bytes: number,
): number {
  const known = family === undefined ? undefined : decode[family];
  if (known) return transferMs(known, bytes);
  return Math.max(0, ...Object.values(decode).map((cost) => transferMs(cost, bytes)));
}

/** What making a byte of a basis' matrices takes one slow core, until it was measured. */
const ASSUMED_PREPARE: TransferCost = { fixedMs: 0, bytesPerMs: 20e3 };

/** What a family takes before it decodes its first value. @param bytes that are still to be made */
export function prepareMs({ prepare }: DeviceProfile, family: string, bytes: number): number {
  return bytes > 0 ? transferMs(prepare[family] ?? ASSUMED_PREPARE, bytes) : 0;
}

/** What a step's tokens take through one layer, without the fixed time of the step. */
export function layerMs(cost: PrefillCost, tokens: number, position: number): number {
  const kilo = kiloPositions(tokens, position);
  return tokens * (cost.tokenLayerMs + cost.tokenLayerKiloMs * kilo);
}

/** Thousands of positions that come before a token, on average over the step. */
const kiloPositions = (tokens: number, position: number): number =>
  (position + (tokens - 1) / 2) / 1000;

/** The cost that fits the samples. @param prior an earlier cost, which the samples move */
export function fitTransfer(
  samples: readonly TransferSample[],
  prior?: TransferCost,
): TransferCost {
  const coefficients = prior && [1 / prior.bytesPerMs, prior.fixedMs];
  const [msPerByte = 0, fixedMs = 0] = fit(
    samples,
    ({ bytes, values }) => [bytes, values],
    coefficients,
  );
  return { fixedMs, bytesPerMs: 1 / Math.max(msPerByte, 1 / MAX_BYTES_PER_MS) };
}

/** The cost that fits the samples. @param prior an earlier cost, which the samples move */
export function fitPrefill(samples: readonly PrefillSample[], prior?: PrefillCost): PrefillCost {
  const terms = ({ tokens, position, layers }: PrefillSample) => {
    const tokenLayers = tokens * layers;
    return [tokenLayers, tokenLayers * kiloPositions(tokens, position), 1];
  };
  const coefficients = prior && [prior.tokenLayerMs, prior.tokenLayerKiloMs, prior.stepMs];
  const [tokenLayerMs = 0, tokenLayerKiloMs = 0, stepMs = 0] = fit(samples, terms, coefficients);
  return { tokenLayerMs, tokenLayerKiloMs, stepMs };
}

function fit<Sample extends { ms: number }>(
  samples: readonly Sample[],
  termsOf: (sample: Sample) => number[],
  prior: readonly number[] | undefined,
): number[] {
  assert(samples.length > 0 || prior, "nothing to fit a cost to");
  const observations = samples.map((sample): Observation => {
    const terms = termsOf(sample);
    // Deviations are measured against the expected time, so that a sample that is far too slow pulls no harder
    // than one that is far too fast.
    const expectedMs = prior && terms.reduce((sum, term, j) => sum + term * at(prior, j), 0);
    return { terms, ms: sample.ms, scaleMs: Math.max(expectedMs ?? sample.ms, MIN_MS) };
  });
  return fitNonNegative(observations, prior);
}

/**
 * What is expected of a family that is decoded for the first time: that its bytes come onto the device as fast as those
 * of the fastest family, and that the rest of its time goes to numbers, of which a full chunk's value has as many at
 * every rate of the family. The first values are mostly of one size, which would leave open what a smaller one takes.
 */
function firstCost(
  samples: readonly TransferSample[],
  known: DeviceProfile["decode"],
): TransferCost | undefined {
  const bytesPerMs = Math.max(0, ...Object.values(known).map((cost) => cost.bytesPerMs));
  if (bytesPerMs === 0) return undefined;
  const rests = samples.map(({ ms, bytes, values }) => (ms - bytes / bytesPerMs) / values);
  const median = rests.toSorted((a, b) => a - b)[rests.length >> 1] ?? 0;
  return { fixedMs: Math.max(0, median), bytesPerMs };
}

/**
 * The profile, moved towards new measurements. A single sample moves it a little, a dozen that agree move it
 * all the way, and one that contradicts the others hardly moves it.
 */
export function refreshProfile(profile: DeviceProfile, samples: ProfileSamples): DeviceProfile {
  const { read = [], decode = {}, prepare = {}, prefill = [], weights = [] } = samples;
  return {
    read: fitTransfer(read, profile.read),
    decode: refreshFamilies(profile.decode, decode, (of) => firstCost(of, profile.decode)),
    prepare: refreshFamilies(profile.prepare, prepare, meanCost),
    prefill: fitPrefill(prefill, profile.prefill),
    weights: fitTransfer(weights, profile.weights),
  };
}

/** The mean time of a byte. */
function meanCost(samples: readonly TransferSample[]): TransferCost {
  const [bytes, ms] = [sumOf(samples, "bytes"), sumOf(samples, "ms")];
  return { fixedMs: 0, bytesPerMs: Math.min(bytes / Math.max(ms, MIN_MS), MAX_BYTES_PER_MS) };
}

const sumOf = (samples: readonly TransferSample[], field: "bytes" | "ms"): number =>
  samples.reduce((sum, sample) => sum + sample[field], 0);

type FamilyCosts = Readonly<Record<string, TransferCost>>;

/** @param first what is expected of a family of which nothing was known */
function refreshFamilies(
  known: FamilyCosts,
  samples: Readonly<Record<string, readonly TransferSample[]>>,
  first: (samples: readonly TransferSample[]) => TransferCost | undefined,
): FamilyCosts {
  const measured = Object.entries(samples).filter(([, of]) => of.length > 0);
  const costs = measured.map(([family, of]) => {
    return [family, fitTransfer(of, known[family] ?? first(of))] as const;
  });
  return { ...known, ...Object.fromEntries(costs) };
}
