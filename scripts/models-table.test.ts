import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { DOCUMENT, tableRows, upToDate } from "./models-table.ts";
import { webLlmModels } from "./webllm-models.ts";

const models = await webLlmModels();

test("docs/models.md has the table of the installed version: else run `npm run models:docs`", async () => {
  expect(await readFile(DOCUMENT, "utf8")).toBe(await upToDate(models));
});

test("every model has an engine, and those that are not ours have a reason", () => {
  const rows = tableRows(models);
  expect(rows).toHaveLength(165);
  for (const { engine, whyNotOwn } of rows) expect(engine === "ours").toBe(whyNotOwn === "");
  expect(rows.filter(({ engine }) => engine === "ours").length).toBeGreaterThan(80);
});

test("what WebLLM counts more than 15 % beyond weights, K and V is explained", () => {
  const large = tableRows(models).filter(({ difference = 0 }) => Math.abs(difference) > 0.15);
  expect(large.filter(({ explanation }) => explanation === "").map(({ id }) => id)).toEqual([]);
});
