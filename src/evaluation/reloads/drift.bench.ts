import { deviceTest } from "../../device/testing.ts";
import { ValueCoder } from "../../kv/value/value-coder.ts";
import { recordRow } from "../../metrics/bench-rows.ts";
import { ropeFrequencies } from "../../model/rope.ts";
import { readShipped } from "../bases/compared-bases.ts";
import { codingAs, cutIntoVisits, longConversation, measureDrift, type Drift } from "./drift.ts";
import { loadProbeParts, CacheProbe } from "../cache-probe.ts";

/** Number of conversations. Each takes two thirds of Pip's context, and is visited several times. */
const CONVERSATIONS = Number(import.meta.env["VITE_BENCH_CONVERSATIONS"] ?? 4);
const TOKENS = 1400;
const VISITS = 10;

/** Enough time for all of it on a software adapter. */
const TIMEOUT_MS = 3_600_000;

/**
 * The forms that are compared. The level `compact` begins with the first of them and `balanced` with the second; without
 * a basis they begin with those of few bits.
 */
const FORMS: readonly string[] = [
  "transform-60",
  "transform-30",
  "transform-10",
  "int2-int4",
  "int3-int4",
  "int4",
  "int8",
];

const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
const round = (value: number): number => Number(value.toPrecision(3));

deviceTest(
  "saved, reloaded and continued ten times",
  { timeout: TIMEOUT_MS },
  async ({ hardware, task }) => {
    const { parts, config } = await loadProbeParts(hardware);
    const { transformer } = parts;
    const probe = new CacheProbe(parts);
    const coder = new ValueCoder(hardware.device, transformer.cache, ropeFrequencies(config));
    coder.useBasis((await readShipped()).named);
    const drifts = FORMS.map((): Drift[] => []);
    for (let i = 0; i < CONVERSATIONS; i++) {
      const messages = longConversation(probe, 10 * i, TOKENS);
      const visits = cutIntoVisits(probe, messages, VISITS);
      const ways = FORMS.map((codec) => codingAs(codec, transformer, coder));
      const all = await measureDrift(probe, visits, ways);
      for (const [j, drift] of all.entries()) drifts[j]?.push(drift);
    }
    for (const [j, codec] of FORMS.entries()) {
      const klVisits = mean(drifts[j]?.map((drift) => drift.klVisits) ?? []);
      const klOnce = mean(drifts[j]?.map((drift) => drift.klOnce) ?? []);
      recordRow(task, {
        name: `${codec}, ${VISITS} times reloaded, KL over coded once`,
        value: round(klVisits / klOnce),
        unit: "ratio",
        codec,
        klTenTurns: round(klVisits),
        klOnce: round(klOnce),
        of: CONVERSATIONS,
      });
    }
  },
);
