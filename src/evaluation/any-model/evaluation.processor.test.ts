import { expect } from "vitest";
import { deviceTest } from "../../device/testing.ts";
import { EvaluatedBases, type BasisFiles } from "./evaluated-bases.ts";
import { EVALUATED_SCHEMES } from "./evaluated-schemes.ts";
import { Evaluation, type EvaluatedRow } from "./evaluation.ts";
import { loadProbedModel } from "./probed-model.ts";

const PIP = "/models/pip-4.7m/mlc-q0f16/";
const NO_FILES: BasisFiles = {
  read: () => Promise.resolve(undefined),
  write: () => Promise.resolve(),
};
const NO_TEXTS = { chats: [], documents: [], code: [] };

deviceTest("more bits take more bytes and lose less", async ({ hardware }) => {
  const model = await loadProbedModel(hardware, PIP, { contextTokens: 512 });
  const evaluation = new Evaluation(model, "pip", new EvaluatedBases(model, NO_TEXTS, NO_FILES));
  const text = "The cat Mia lives in a small house by the sea. She likes fish and warm stones. ";
  const messages = [{ role: "user" as const, text: text.repeat(14) }];
  const schemes = EVALUATED_SCHEMES.filter(({ name }) => /^uniform int[82]$/.test(name));
  const rows: EvaluatedRow[] = [];
  for await (const row of evaluation.rowsOf({ name: "cats", kind: "document", messages }, schemes))
    rows.push(row);
  const [int8, int2] = rows;
  expect(rows.map(({ scheme }) => scheme)).toEqual(["uniform int8", "uniform int2"]);
  expect(int8?.codedTokens).toBeGreaterThan(0);
  expect(int8?.meanKl).toBeLessThan(0.001);
  expect(int2?.meanKl).toBeGreaterThan(5 * (int8?.meanKl ?? NaN));
  expect(int8?.codedBytes).toBeGreaterThan(2 * (int2?.codedBytes ?? NaN));
  expect(int8?.wholeBytes).toBeGreaterThan(int8?.codedBytes ?? NaN);
  expect(int8?.wholeBytes).toBeLessThan(int8?.exactBytes ?? NaN);
});
