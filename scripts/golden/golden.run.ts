import { inject, test } from "vitest";
import { adapterName, type Hardware } from "../../src/device/device.ts";
import { requestTestDevice } from "../../src/device/test-device-testing.ts";
import { compareWithGolden } from "../../src/model/golden/compare-golden.ts";
import { goldenTolerance } from "../../src/model/golden/golden-tolerance.ts";
import type { GoldenReport } from "../../src/model/golden/golden-report.ts";
import {
  compareConversations,
  compareTexts,
  emptyTokenReport,
  type TokenReport,
} from "../../src/model/golden/compare-tokens.ts";
import { loadGolden, loadJsonIfPresent } from "../../src/model/golden/load-golden.ts";
import type { ModelDescription } from "../../src/model/sources/source.ts";
import { loadTestModel } from "../../src/model/testing.ts";
import { EngineError } from "../../src/shared/engine-error.ts";
import { createTokenizer } from "../../src/tokenizer/tokenizer.ts";
import { failureSentence } from "../../src/ui/notices/failure-sentence.ts";
import type { GoldenResult, ServedModel } from "./golden-result.ts";

/** What a failure is to a person. */
function sentenceOf(error: unknown): string {
  if (error instanceof EngineError) return failureSentence(error.failure);
  return error instanceof Error ? error.message : String(error);
}

/** The most positions that the engine gives a model room for. */
const ENGINE_CONTEXT_TOKENS = 4096;

async function compareOn(
  hardware: Hardware,
  served: ServedModel,
): Promise<{ report: GoldenReport; tokens: TokenReport | undefined }> {
  const { address, json, floats } = served;
  const reference = await loadGolden({ json, floats }, fetch);
  const longest = Math.max(
    ...reference.prompts.map(({ ids, greedy }) => ids.length + greedy.length),
  );
  const { transformer, config, kernels, description } = await loadTestModel(hardware, address, {
    fetchFile: (url, init) => fetch(url, init),
    contextTokens: Math.max(longest, ENGINE_CONTEXT_TOKENS),
  });
  const tolerance = goldenTolerance(kernels.choice);
  const report = await compareWithGolden({ transformer, config }, reference, { tolerance });
  return { report, tokens: await compareTokenizer(description, served) };
}

/** Compares the tokenizer where there is a reference for it. */
async function compareTokenizer(
  { url, tokenizerJson, chatTemplate: template }: ModelDescription,
  { folder }: ServedModel,
): Promise<TokenReport | undefined> {
  const urls = { texts: `${folder}tokens.json`, conversations: `${folder}chat.json` };
  const texts = await loadJsonIfPresent(urls.texts, fetch);
  const conversations = await loadJsonIfPresent(urls.conversations, fetch);
  if (texts === undefined && conversations === undefined) return undefined;
  const tokenizer = await createTokenizer(tokenizerJson, url);
  const report = emptyTokenReport();
  if (texts !== undefined) compareTexts(tokenizer, texts, { url: urls.texts, report });
  if (conversations !== undefined) {
    const from = { url: urls.conversations, report };
    await compareConversations({ tokenizer, template }, conversations, from);
  }
  return report;
}

/** Compares on a device of its own, so that a model that loses it leaves the others theirs. */
async function compare(served: ServedModel): Promise<GoldenResult> {
  const hardware = await requestTestDevice();
  const adapter = adapterName(hardware.adapter);
  const { device } = hardware;
  const errors: string[] = [];
  device.onUncapturedError(({ message }) => {
    errors.push(`The device reports: ${message}`);
  });
  try {
    const { report, tokens } = await compareOn(hardware, served);
    await device.queue.onSubmittedWorkDone();
    return { adapter, report: { ...report, faults: [...report.faults, ...errors] }, tokens };
  } catch (error) {
    return { adapter, failure: sentenceOf(error) };
  } finally {
    device.destroy();
  }
}

for (const served of inject("goldenModels"))
  test(served.name, async ({ task }) => {
    task.meta.golden = await compare(served);
  });
