import type { ModelConfig } from "../model/loader/chat-config.ts";
import {
  refreshProfile,
  type DeviceProfile,
  type PrefillSample,
  type ProfileSamples,
} from "../restore/device-profile.ts";

/** FLOP per millisecond, before anything was measured: a slow integrated GPU, and SwiftShader on two cores. */
const ASSUMED_FLOP_PER_MS = { hardware: 100e6, software: 1.2e6 };
/** Of a store on a slow disk. */
const ASSUMED_READ = { fixedMs: 1, bytesPerMs: 100e3 };
const ASSUMED_DECODE = { fixedMs: 0.5, bytesPerMs: 50e3 };

type LayerShape = Pick<ModelConfig, "hidden" | "heads" | "kvHeads" | "headDim" | "ffn">;

/** Of one token through one layer's matrices. */
function layerFlop({ hidden, heads, kvHeads, headDim, ffn }: LayerShape): number {
  const attention = hidden * (2 * heads + 2 * kvHeads) * headDim;
  return 2 * (attention + 3 * hidden * ffn);
}

/** What a device takes to restore a model's rows: assumed at first, then as it was seen. */
export class RestorationCosts {
  #profile: DeviceProfile;

  constructor(config: LayerShape, isSoftware: boolean) {
    const flopPerMs = ASSUMED_FLOP_PER_MS[isSoftware ? "software" : "hardware"];
    const tokenLayerMs = layerFlop(config) / flopPerMs;
    // Scores and values of a thousand positions.
    const tokenLayerKiloMs = (4 * config.heads * config.headDim * 1000) / flopPerMs;
    this.#profile = {
      read: ASSUMED_READ,
      decode: { exact: ASSUMED_DECODE },
      prefill: { tokenLayerMs, tokenLayerKiloMs, stepMs: isSoftware ? 5 : 1 },
      weights: ASSUMED_READ,
    };
  }

  get profile(): DeviceProfile {
    return this.#profile;
  }

  learn(samples: ProfileSamples): void {
    this.#profile = refreshProfile(this.#profile, samples);
  }

  /** A run of tokens through all layers. */
  learnPrefill(sample: PrefillSample): void {
    if (sample.tokens >= LEAST_TOKENS) this.learn({ prefill: [sample] });
  }
}

/** A shorter run says more of its submission than of its tokens. */
const LEAST_TOKENS = 16;
