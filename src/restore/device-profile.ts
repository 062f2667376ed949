/**
 * @file What a device can do, for one model, as far as restoring is concerned.
 *
 * All costs are linear in what is known before: a store's value takes a fixed time and one per byte
 * (which describes values of 64 KiB and of 16 MiB alike), a prefill takes a time per token and layer
 * that grows with the position. Coefficients come from measurements, of which some are far off (another
 * tab, a page fault), and are refreshed by what real restorations took.
 */

import { assert } from "../shared/assert.ts";
import { at } from "../shared/at.ts";
import { fitNonNegative, type Observation } from "./least-squares.ts";

/** Time of `values` values of together `bytes`: `values × fixedMs + bytes / bytesPerMs`. */
export interface TransferCost {
  fixedMs: number;
  bytesPerMs: number;
}

/** Time of a step: `stepMs + tokens × layers × (tokenLayerMs + tokenLayerKiloMs × position / 1000)`. */
export interface PrefillCost {
  /** One token through one layer, with nothing before it. */
  tokenLayerMs: number;
  /** What a thousand positions before it add to that. */
  tokenLayerKiloMs: number;
  /** One submission, however much it holds. */
  stepMs: number;
}

export interface DeviceProfile {
  /** From the store into memory. */
  read: TransferCost;
  /** From memory into the cache's layout on the GPU, per codec family: upload and decode, by stored bytes. */
  decode: Readonly<Record<string, TransferCost>>;
  prefill: PrefillCost;
  /** From the browser's cache onto the GPU; a value is one layer's. */
  weights: TransferCost;
}

export interface TransferSample {
  bytes: number;
  values: number;
  ms: number;
}

/** Of one step. */
export interface PrefillSample {
  tokens: number;
  /** Of the first token. */
  position: number;
  layers: number;
  ms: number;
}

/** What restorations took, by what it says of the profile. */
export interface ProfileSamples {
  read?: readonly TransferSample[];
  decode?: Readonly<Record<string, readonly TransferSample[]>>;
  prefill?: readonly PrefillSample[];
  weights?: readonly TransferSample[];
}

/** Faster than anything there is; keeps profiles finite where bytes took no time that could be seen. */
const MAX_BYTES_PER_MS = 1e9;
/** Shorter than a browser's clock can tell. */
const MIN_MS = 0.01;

export const transferMs = (cost: TransferCost, bytes: number): number =>
  cost.fixedMs + bytes / cost.bytesPerMs;

/** A codec family that is not known, or has not been measured, costs as much as the slowest that has. */
export function decodeMs(
  { decode }: DeviceProfile,
  family: string | undefined,
  bytes: number,
): number {
  const known = family === undefined ? undefined : decode[family];
  if (known) return transferMs(known, bytes);
  return Math.max(0, ...Object.values(decode).map((cost) => transferMs(cost, bytes)));
}

/** Of a step's tokens through one layer, without the step itself. */
export function layerMs(cost: PrefillCost, tokens: number, position: number): number {
  const kilo = kiloPositions(tokens, position);
  return tokens * (cost.tokenLayerMs + cost.tokenLayerKiloMs * kilo);
}

/** Thousands of positions that come before a token, on average over the step. */
const kiloPositions = (tokens: number, position: number): number =>
  (position + (tokens - 1) / 2) / 1000;

/** @param prior an earlier cost, from which these samples move it */
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

/** @param prior an earlier cost, from which these samples move it */
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
    // Against what was expected, one that is far off pulls no harder upwards than downwards.
    const expectedMs = prior && terms.reduce((sum, term, j) => sum + term * at(prior, j), 0);
    return { terms, ms: sample.ms, scaleMs: Math.max(expectedMs ?? sample.ms, MIN_MS) };
  });
  return fitNonNegative(observations, prior);
}

/**
 * The profile, moved towards what was measured since: by a single sample a little, by a dozen that
 * agree all the way, and hardly by one that contradicts the others.
 */
export function refreshProfile(profile: DeviceProfile, samples: ProfileSamples): DeviceProfile {
  const { read = [], decode = {}, prefill = [], weights = [] } = samples;
  const decoded = Object.entries(decode).filter(([, of]) => of.length > 0);
  const costs = decoded.map(([family, of]) => [family, fitTransfer(of, profile.decode[family])]);
  return {
    read: fitTransfer(read, profile.read),
    decode: { ...profile.decode, ...(Object.fromEntries(costs) as DeviceProfile["decode"]) },
    prefill: fitPrefill(prefill, profile.prefill),
    weights: fitTransfer(weights, profile.weights),
  };
}
