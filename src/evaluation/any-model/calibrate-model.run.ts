/** @file `npm run calibrate -- --model FILE.gguf`: a basis for any model. scripts/evaluate/calibrate.ts starts it. */

import { writeFile } from "node:fs/promises";
import { inject } from "vitest";
import { deviceTest } from "../../device/testing.ts";
import { calibrationTexts } from "./calibration-texts.ts";
import { EvaluatedBases, type BasisFiles } from "./evaluated-bases.ts";
import { loadProbedModel } from "./probed-model.ts";

/** The longest text that is read, and a little more. */
const CONTEXT_TOKENS = 1152;

const { address, chats, out, ...shape } = inject("calibration");

/** Nothing is kept but the file that was asked for. */
const files: BasisFiles = {
  read: () => Promise.resolve(undefined),
  write: (_, file) => writeFile(out, file),
};

deviceTest("calibrate", { timeout: 24 * 3_600_000 }, async ({ hardware }) => {
  const model = await loadProbedModel(hardware, address, {
    contextTokens: CONTEXT_TOKENS,
    fetchFile: (...request) => fetch(...request),
  });
  const bases = new EvaluatedBases(model, calibrationTexts(model.probe, chats), files);
  await bases.basisOf({ source: "mixed", ...shape });
});
