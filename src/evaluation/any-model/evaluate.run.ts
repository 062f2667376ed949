/**
 * @file `npm run evaluate -- --model FILE.gguf`: every way to store a conversation, on any model. scripts/evaluate/run.ts
 * starts it and prints what it writes.
 */

import { createHash } from "node:crypto";
import { appendFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { inject } from "vitest";
import { deviceTest } from "../../device/testing.ts";
import { calibrationTexts } from "./calibration-texts.ts";
import { EvaluatedBases, type BasisFiles } from "./evaluated-bases.ts";
import { EVALUATED_SCHEMES } from "./evaluated-schemes.ts";
import { Evaluation } from "./evaluation.ts";
import { evaluationTexts, type EvaluationText } from "./evaluation-texts.ts";
import { TEXT_KINDS } from "./text-kinds.ts";
import { loadProbedModel } from "./probed-model.ts";

/** Enough for texts of 2,000 tokens and what is judged behind them. */
const CONTEXT_TOKENS = 2176;
const CACHE = ".cache/evaluate/";
/** Is to be counted up when another basis is to be fitted. */
const VERSION = 1;

const asked = inject("evaluation");

/**
 * Files of bases, below a folder for this model and these chats. A basis stays when the project's documents and code
 * change, which are what is read besides.
 */
function basisFiles(): BasisFiles {
  const hash = createHash("sha256").update(
    JSON.stringify([VERSION, asked.fingerprint, asked.chats]),
  );
  const folder = `${CACHE}${hash.digest("hex").slice(0, 16)}/`;
  const pathOf = (name: string) => `${folder}${name.replaceAll(/\W+/g, "-")}.bin`;
  return {
    async read(name) {
      const found = await readFile(pathOf(name)).catch(() => undefined);
      return found && Uint8Array.from(found);
    },
    async write(name, file) {
      await mkdir(folder, { recursive: true });
      await writeFile(pathOf(name), file);
    },
  };
}

/** The first texts of each kind that was asked for. */
const chosenTexts = (): EvaluationText[] =>
  TEXT_KINDS.filter((kind) => new RegExp(asked.kinds).test(kind)).flatMap((kind) =>
    evaluationTexts()
      .filter((text) => text.kind === kind)
      .slice(0, asked.texts),
  );

deviceTest("evaluate", { timeout: 24 * 3_600_000 }, async ({ hardware }) => {
  const model = await loadProbedModel(hardware, asked.address, {
    contextTokens: CONTEXT_TOKENS,
    fetchFile: (...request) => fetch(...request),
  });
  const texts = calibrationTexts(model.probe, asked.chats);
  const bases = new EvaluatedBases(model, texts, basisFiles());
  const only = new RegExp(asked.only);
  const schemes = EVALUATED_SCHEMES.filter(({ name }) => only.test(name));
  const evaluation = new Evaluation(model, asked.name, bases);
  for (const text of chosenTexts())
    for await (const row of evaluation.rowsOf(text, schemes))
      await appendFile(asked.lines, `${JSON.stringify(row)}\n`);
});
