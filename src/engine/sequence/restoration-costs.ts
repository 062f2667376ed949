import type { Preparation } from "../../kv/codecs/codec.ts";
import { CODECS } from "../../kv/value/codec-families.ts";
import { cachedLayers, type LayerSharing } from "../../model/kv-layers.ts";
import type { ModelConfig } from "../../model/model-config.ts";
import {
  fitPrefill,
  fitTransfer,
  layerMs,
  refreshProfile,
  transferMs,
  type DeviceProfile,
  type PrefillSample,
  type ProfileSamples,
  type TransferSample,
} from "../../restore/device-profile.ts";
import type { Hardware } from "../../device/device.ts";
import { EXACT_FAMILY } from "./chunk-family.ts";
import { amount, parseProfile, parseSamples } from "../../restore/parse-profile.ts";

/**
 * FLOP per millisecond of a slow integrated GPU, of SwiftShader on two cores, and of our own kernels on two cores:
 * assumed until it is measured.
 */
const ASSUMED_FLOP_PER_MS = { hardware: 100e6, software: 1.2e6, processor: 50e6 };
/** What reading takes from a store on a slow disk. */
const ASSUMED_READ = { fixedMs: 1, bytesPerMs: 100e3 };
const ASSUMED_DECODE = { fixedMs: 0.5, bytesPerMs: 50e3 };
const ASSUMED_COMPILE_MS = { hardware: 500, software: 2000, processor: 0 };
/** What a step takes besides its tokens: dispatches, and on the processor the unpacking of weights. */
const ASSUMED_STEP_MS = { hardware: 1, software: 5, processor: 20 };

/** The kinds of devices of which different speeds are assumed. */
export type DevicePace = keyof typeof ASSUMED_FLOP_PER_MS;

export function paceOf({ kind, adapter }: Pick<Hardware, "kind" | "adapter">): DevicePace {
  if (kind === "processor") return "processor";
  return adapter.software ? "software" : "hardware";
}

type LayerShape = LayerSharing &
  Pick<ModelConfig, "hidden" | "heads" | "kvHeads" | "headDim" | "ffn">;

/** FLOP of running one token through one layer's matrices, on average over the layers. */
function layerFlop(shape: LayerShape): number {
  const { layers, hidden, heads, kvHeads, headDim, ffn } = shape;
  const cached = cachedLayers(shape).length / layers;
  const attention = hidden * (2 * heads + 2 * kvHeads * cached) * headDim;
  return 2 * (attention + 3 * hidden * ffn);
}

/**
 * Number of the latest measurements that are remembered, also over a reload. Those of one restoration are mostly of
 * one size and of the first tokens only, which leaves open what a value costs and what a byte, or what a position
 * adds.
 */
const REMEMBERED = 32;
/** With fewer measurements than this, what was expected before still counts. */
const ENOUGH = 6;
/**
 * If new measurements are off by this factor in the median, a store or a GPU has become another one, and what was
 * remembered is forgotten. The factor for reads is more than the size of a value can account for.
 */
const CHANGED = { read: 8, prefill: 2.5 };

/** What decoding rows takes, counted. */
export interface DecodingWork {
  /** Multiplications of decoding one token, in all layers together. */
  decodeMultiplications: number;
  /** Bytes of what has to be made once in a visit, before anything is decoded: the matrices of a basis. */
  preparedBytes: number;
}

interface Costs {
  profile: DeviceProfile;
  reads: readonly TransferSample[];
  prefills: readonly PrefillSample[];
  /** Time from a model's description to compiled kernels. */
  compileMs: number;
}

/** What restoring a model's rows takes on a device: assumed at first, then as it was measured. */
export class RestorationCosts {
  #costs: Costs;
  /** Measured in this visit, until it is known what an earlier one recorded; undefined from then on. */
  #unkept: ProfileSamples[] | undefined = [];
  #hasCompiled = false;
  #knowsReads = false;
  /** Codec families whose decoding was measured, in this visit or an earlier one. */
  readonly #measured = new Set<string>();
  /** What each family's last preparation took. No two take as long to the last digit. */
  readonly #preparedMs = new Map<string, number>();

  /** Multiplications of running one token through all layers, with nothing before it. */
  readonly prefillMultiplications: number;

  constructor(config: LayerShape, pace: DevicePace) {
    this.prefillMultiplications = (config.layers * layerFlop(config)) / 2;
    const flopPerMs = ASSUMED_FLOP_PER_MS[pace];
    const tokenLayerMs = layerFlop(config) / flopPerMs;
    // This counts the scores and values of a thousand positions.
    const tokenLayerKiloMs = (4 * config.heads * config.headDim * 1000) / flopPerMs;
    this.#costs = {
      profile: {
        read: ASSUMED_READ,
        decode: { [EXACT_FAMILY]: ASSUMED_DECODE },
        prepare: {},
        prefill: { tokenLayerMs, tokenLayerKiloMs, stepMs: ASSUMED_STEP_MS[pace] },
        weights: ASSUMED_READ,
      },
      reads: [],
      prefills: [],
      compileMs: ASSUMED_COMPILE_MS[pace],
    };
  }

  get profile(): DeviceProfile {
    return this.#costs.profile;
  }

  get compileMs(): number {
    return this.#costs.compileMs;
  }

  /**
   * The predicted time until the model can run after a reload, whichever rows are restored: its weights are read while
   * kernels are compiled.
   */
  modelMs({ layers, weightBytes }: { layers: number; weightBytes: number }): number {
    const { weights } = this.profile;
    const fixedMs = layers * weights.fixedMs;
    return Math.max(this.compileMs, transferMs({ ...weights, fixedMs }, weightBytes));
  }

  /** Whether reading from the store was ever measured here. */
  get knowsReads(): boolean {
    return this.#knowsReads;
  }

  /** Whether decoding values of this family was ever measured here. Undefined is a family that is not known. */
  measures(family: string | undefined): boolean {
    return family === undefined || this.#measured.has(family);
  }

  learn(samples: ProfileSamples): void {
    this.#knowsReads ||= (samples.read?.length ?? 0) > 0;
    this.#unkept?.push(samples);
    for (const family of Object.keys(samples.decode ?? {})) this.#measured.add(family);
    this.#refresh(samples);
  }

  #refresh({ read = [], prefill = [], ...others }: ProfileSamples): void {
    const { profile: known } = this.#costs;
    const readRatios = read.map(({ ms, bytes, values }) => {
      return ms / transferMs({ ...known.read, fixedMs: known.read.fixedMs * values }, bytes);
    });
    const prefillRatios = prefill.map(({ ms, tokens, position, layers }) => {
      return ms / (layers * layerMs(known.prefill, tokens, position) + known.prefill.stepMs);
    });
    const remembered = <Sample>(old: readonly Sample[], added: readonly Sample[], isNew: boolean) =>
      [...(isNew ? [] : old), ...added].slice(-REMEMBERED);
    const { reads: oldReads, prefills: oldPrefills } = this.#costs;
    const reads = remembered(oldReads, read, isOff(readRatios, CHANGED.read));
    const prefills = remembered(oldPrefills, prefill, isOff(prefillRatios, CHANGED.prefill));
    const profile = { ...refreshProfile(known, others) };
    const before = (seen: readonly unknown[]) => seen.length < ENOUGH;
    if (read.length > 0)
      profile.read = fitTransfer(reads, before(reads) ? profile.read : undefined);
    if (prefill.length > 0)
      profile.prefill = fitPrefill(prefills, before(prefills) ? profile.prefill : undefined);
    this.#costs = { ...this.#costs, profile, reads, prefills };
  }

  /**
   * Learn what a family had to make before it decoded anything in this visit.
   *
   * @param preparation counts once, however often it is told
   */
  learnPreparation(family: string, { bytes, ms }: Preparation): void {
    if (ms === undefined || this.#preparedMs.get(family) === ms) return;
    this.#preparedMs.set(family, ms);
    this.learn({ prepare: { [family]: [{ bytes, values: 0, ms }] } });
  }

  /** Learn what a run of tokens through some layers took. */
  learnPrefill(sample: PrefillSample): void {
    if (sample.tokens >= LEAST_TOKENS) this.learn({ prefill: [sample] });
  }

  /** What running tokens through some layers is predicted to take. */
  readingMs({ tokens, position, layers }: Omit<PrefillSample, "ms">): number {
    if (tokens === 0) return 0;
    const { prefill } = this.profile;
    return layers * layerMs(prefill, tokens, position) + prefill.stepMs;
  }

  learnCompile(ms: number): void {
    this.#costs.compileMs = ms;
    this.#hasCompiled = true;
  }

  /** The costs as plain data, for the next visit. */
  get record(): unknown {
    return this.#costs;
  }

  /** Go on from what an earlier visit recorded and what was measured since. Any other data changes nothing. */
  adopt(record: unknown): void {
    const unkept = this.#unkept ?? [];
    this.#unkept = undefined;
    const {
      profile: stored,
      reads,
      prefills,
      compileMs,
    } = (record ?? {}) as Partial<Record<keyof Costs, unknown>>;
    const parsed = parseProfile(stored);
    if (!parsed) return;
    const profile = { ...parsed, decode: { ...this.#costs.profile.decode, ...byFamily(parsed) } };
    this.#knowsReads = true;
    // The family of exact rows has an assumed cost from the beginning, and a first rehearsal measures it.
    for (const family of Object.keys(profile.decode)) this.#measured.add(family);
    this.#costs = {
      ...this.#costs,
      profile,
      reads: parseSamples(reads, ["bytes", "values", "ms"], REMEMBERED),
      prefills: parseSamples(prefills, ["tokens", "position", "layers", "ms"], REMEMBERED),
    };
    for (const samples of unkept) this.#refresh(samples);
    const knownMs = amount(compileMs);
    if (knownMs !== undefined && !this.#hasCompiled) this.#costs.compileMs = knownMs;
  }
}

/**
 * What decoding takes for each codec family of this version. An earlier version recorded it by the lineage of chunks,
 * of which only `exact` says which family it was.
 */
function byFamily({ decode: { exact, ...decode } }: DeviceProfile): DeviceProfile["decode"] {
  const kept = exact ? { [EXACT_FAMILY]: exact, ...decode } : decode;
  const names = new Set(CODECS.families.map(({ name }) => name));
  return Object.fromEntries(Object.entries(kept).filter(([name]) => names.has(name)));
}

/** Whether the median of the ratios differs from 1 by the factor or more, up or down. */
function isOff(ratios: readonly number[], factor: number): boolean {
  const median = ratios.toSorted((a, b) => a - b)[ratios.length >> 1] ?? 1;
  return median > factor || median < 1 / factor;
}

/** Fewest tokens of a run to learn from: a shorter one says more of its submission than of its tokens. */
const LEAST_TOKENS = 16;
