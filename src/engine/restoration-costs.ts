import type { ModelConfig } from "../model/loader/chat-config.ts";
import {
  refreshProfile,
  type DeviceProfile,
  type PrefillSample,
  type ProfileSamples,
} from "../restore/device-profile.ts";
import { parseProfile } from "../restore/parse-profile.ts";

/** FLOP per millisecond, before anything was measured: a slow integrated GPU, and SwiftShader on two cores. */
const ASSUMED_FLOP_PER_MS = { hardware: 100e6, software: 1.2e6 };
/** Of a store on a slow disk. */
const ASSUMED_READ = { fixedMs: 1, bytesPerMs: 100e3 };
const ASSUMED_DECODE = { fixedMs: 0.5, bytesPerMs: 50e3 };
const ASSUMED_COMPILE_MS = { hardware: 500, software: 2000 };

type LayerShape = Pick<ModelConfig, "hidden" | "heads" | "kvHeads" | "headDim" | "ffn">;

/** Of one token through one layer's matrices. */
function layerFlop({ hidden, heads, kvHeads, headDim, ffn }: LayerShape): number {
  const attention = hidden * (2 * heads + 2 * kvHeads) * headDim;
  return 2 * (attention + 3 * hidden * ffn);
}

interface Costs {
  profile: DeviceProfile;
  /** Until a model's kernels are there, after its description. */
  compileMs: number;
}

/** What a device takes to restore a model's rows: assumed at first, then as it was seen. */
export class RestorationCosts {
  #costs: Costs;
  /** Measured in this visit, as long as what an earlier one kept is not known. */
  #unkept: ProfileSamples[] | undefined = [];
  #hasCompiled = false;
  #knowsReads = false;

  constructor(config: LayerShape, isSoftware: boolean) {
    const kind = isSoftware ? "software" : "hardware";
    const flopPerMs = ASSUMED_FLOP_PER_MS[kind];
    const tokenLayerMs = layerFlop(config) / flopPerMs;
    // Scores and values of a thousand positions.
    const tokenLayerKiloMs = (4 * config.heads * config.headDim * 1000) / flopPerMs;
    this.#costs = {
      profile: {
        read: ASSUMED_READ,
        decode: { exact: ASSUMED_DECODE },
        prefill: { tokenLayerMs, tokenLayerKiloMs, stepMs: isSoftware ? 5 : 1 },
        weights: ASSUMED_READ,
      },
      compileMs: ASSUMED_COMPILE_MS[kind],
    };
  }

  get profile(): DeviceProfile {
    return this.#costs.profile;
  }

  get compileMs(): number {
    return this.#costs.compileMs;
  }

  /** Whether reading from the store was ever measured here. */
  get knowsReads(): boolean {
    return this.#knowsReads;
  }

  learn(samples: ProfileSamples): void {
    this.#knowsReads ||= (samples.read?.length ?? 0) > 0;
    this.#unkept?.push(samples);
    this.#costs.profile = refreshProfile(this.#costs.profile, samples);
  }

  /** A run of tokens through some layers. */
  learnPrefill(sample: PrefillSample): void {
    if (sample.tokens >= LEAST_TOKENS) this.learn({ prefill: [sample] });
  }

  learnCompile(ms: number): void {
    this.#costs.compileMs = ms;
    this.#hasCompiled = true;
  }

  /** As plain data, for the next visit. */
  get kept(): unknown {
    return this.#costs;
  }

  /** Go on from what an earlier visit kept, and what was seen since. Anything else changes nothing. */
  adopt(kept: unknown): void {
    const unkept = this.#unkept ?? [];
    this.#unkept = undefined;
    const { profile: stored, compileMs } = (kept ?? {}) as Partial<Costs>;
    const profile = parseProfile(stored);
    if (!profile) return;
    this.#knowsReads = true;
    this.#costs.profile = unkept.reduce(refreshProfile, profile);
    const isKnown = typeof compileMs === "number" && compileMs >= 0;
    if (isKnown && !this.#hasCompiled) this.#costs.compileMs = compileMs;
  }
}

/** A shorter run says more of its submission than of its tokens. */
const LEAST_TOKENS = 16;
