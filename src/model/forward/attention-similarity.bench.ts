import { describe } from "vitest";
import { runWork } from "../../device/bench-work.ts";
import { deviceTest, type DeviceHarness } from "../../device/testing.ts";
import { createAttentionSimilarity } from "../../kv/sharing/attention-similarity.ts";
import { recordRow } from "../../metrics/bench-rows.ts";
import { measureInTurns, median, medianRatio } from "../../metrics/samples.ts";
import { loadTransformer } from "../testing.ts";
import { SAMPLING, type Transformer } from "./transformer.ts";

const PREFILL_TOKENS = 256;
/** Tokens of a prefill's first step on any device. Slow devices never get longer ones. */
const STEP_TOKENS = 64;
const DECODE_TOKENS = 64;
const ROUNDS = 9;
/** How many times over the estimator's dispatches of one step are timed: a single time drowns in noise. */
const REPEATS = 8;

const round = (value: number): number => Number(value.toPrecision(3));

/** Times the estimator's dispatches of one step, REPEATS times, and nothing else. */
async function estimatorAlone(hardware: DeviceHarness, transformer: Transformer, rows: number) {
  const { attentionInputs } = transformer;
  const similarity = await createAttentionSimilarity(hardware, attentionInputs, { rows });
  const stages = [...similarity.layers.flat(), ...similarity.end];
  return (position: number, tokens: number) => () => {
    hardware.device.queue.writeBuffer(attentionInputs.step, 0, Uint32Array.of(position, tokens));
    similarity.begin(tokens, position);
    const work = stages.map(({ bound, grid }) => ({ bound, grid: () => grid(tokens, position) }));
    return runWork(hardware, work, REPEATS);
  };
}

/**
 * Puts a turn together from its steps and, beside each, the estimator's part alone. On a busy machine two whole turns,
 * one with the estimator and one without, would differ by more than the estimator takes.
 */
describe.each([16, 8])("Pip, %i rows of a step", (rows) => {
  deviceTest("the estimator's stages beside the steps they go into", async ({ hardware, task }) => {
    const { transformer } = await loadTransformer(hardware, "/models/pip-4.7m/mlc-q0f16/");
    const alone = await estimatorAlone(hardware, transformer, rows);
    const prefillStep = (start: number) => () => {
      const tokens = new Uint32Array(STEP_TOKENS).map((_, i) => (start + i) * 7 + 1);
      transformer.prefillStep(tokens, start, "none");
      return hardware.device.queue.onSubmittedWorkDone();
    };
    const last = PREFILL_TOKENS - STEP_TOKENS;
    const middle = PREFILL_TOKENS + DECODE_TOKENS / 2;
    const samples = await measureInTurns(
      {
        first: prefillStep(0),
        firstRows: alone(0, STEP_TOKENS),
        last: prefillStep(last),
        lastRows: alone(last, STEP_TOKENS),
        decode: () => {
          transformer.decodeStep(1, middle, "token");
          return transformer.readToken();
        },
        decodeRows: alone(middle, 1),
      },
      { rounds: ROUNDS },
    );
    // A step's time grows evenly with its position, so that the first and the last stand for those between.
    const steps = PREFILL_TOKENS / STEP_TOKENS / 2;
    const prefillMs = steps * (median(samples.first) + median(samples.last));
    const firstShare = medianRatio(samples.firstRows, samples.first) / REPEATS;
    const lastShare = medianRatio(samples.lastRows, samples.last) / REPEATS;
    // One step in each interval is sampled.
    const sampledSteps = STEP_TOKENS / SAMPLING.prefillInterval;
    const stepsMs = firstShare * median(samples.first) + lastShare * median(samples.last);
    const rowsMs = steps * sampledSteps * stepsMs;
    const decodeMs = DECODE_TOKENS * median(samples.decode);
    const stepShare = medianRatio(samples.decodeRows, samples.decode) / REPEATS;
    recordRow(task, {
      name: `estimator's share of a prefill, ${rows} rows of every ${SAMPLING.prefillInterval} tokens`,
      value: round((rowsMs / prefillMs) * 100),
      unit: "%",
      prefillMs: round(prefillMs),
    });
    for (const interval of [SAMPLING.decodeInterval, SAMPLING.decodeInterval / 2]) {
      const decodeShare = stepShare / interval;
      recordRow(task, {
        name: `its share of a decode, every ${interval}th token`,
        value: round(decodeShare * 100),
        unit: "%",
        decodeMs: round(decodeMs),
      });
      recordRow(task, {
        name: `its share of the turn, ${rows} rows, every ${interval}th token`,
        value: round(((rowsMs + decodeShare * decodeMs) / (prefillMs + decodeMs)) * 100),
        unit: "%",
      });
    }
  });
});
