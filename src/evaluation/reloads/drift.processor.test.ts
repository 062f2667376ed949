import { expect } from "vitest";
import { deviceTest } from "../../device/testing.ts";
import { ropeFrequencies } from "../../model/rope.ts";
import { ValueCoder } from "../../kv/value/value-coder.ts";
import { readShipped } from "../bases/compared-bases.ts";
import { codingAs, cutIntoVisits, longConversation, measureDrift } from "./drift.ts";
import { loadProbeParts, CacheProbe } from "../cache-probe.ts";

/**
 * KL after the visits over KL of the same rows coded once, at the end. Measured (`npm run bench -- drift`): 1.0 to 1.3
 * after ten visits, where later rows were computed on top of coded ones.
 */
const MOST_DRIFT = 2;

const TIMEOUT_MS = 120_000;

deviceTest(
  "a conversation that is reloaded at every visit drifts no further than one",
  async ({ hardware }) => {
    const { parts, config } = await loadProbeParts(hardware);
    const { cache } = parts.transformer;
    const probe = new CacheProbe(parts);
    const visits = cutIntoVisits(probe, longConversation(probe, 0, 560), 3);
    const coder = new ValueCoder(hardware.device, cache, ropeFrequencies(config));
    coder.useBasis((await readShipped()).named);
    const drifts = await measureDrift(probe, visits, [
      codingAs("transform-30", parts.transformer, coder),
    ]);
    expect(drifts).toHaveLength(1);
    for (const { codedTokens, klOnce, klVisits } of drifts) {
      expect(codedTokens).toBeGreaterThanOrEqual(252);
      expect(klOnce).toBeGreaterThan(0);
      expect(klVisits).toBeLessThan(MOST_DRIFT * klOnce);
    }
  },
  TIMEOUT_MS,
);
