import { expect } from "vitest";
import { gpuTest } from "../gpu/testing.ts";
import { ropeFrequencies } from "../model/rope.ts";
import { CodedCache } from "./compression-testing.ts";
import { cutIntoVisits, longConversation, measureDrift } from "./drift-testing.ts";
import { loadReplayParts, ReplayedPip } from "./replay-testing.ts";

const TIMEOUT_MS = 120_000;

gpuTest(
  "a conversation that is reloaded at every visit drifts no further than one",
  async ({ gpu }) => {
    const { parts, config } = await loadReplayParts(gpu);
    const { cache } = parts.transformer;
    const pip = new ReplayedPip(parts);
    const coded = new CodedCache({
      device: gpu.device,
      cache,
      frequencies: ropeFrequencies(config),
    });
    const visits = cutIntoVisits(pip, longConversation(1, 3), 3);
    const [drift] = await measureDrift(pip, coded, visits, ["int4-k-channel-v-token"]);
    console.log(JSON.stringify(drift));
    expect(drift?.codedTokens).toBeGreaterThanOrEqual(256);
  },
  TIMEOUT_MS,
);
