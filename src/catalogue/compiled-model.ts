import type { CompiledModel } from "../protocol/engine-api.ts";
import { isSameModel } from "../protocol/model-address.ts";
import { WEBLLM_LIBRARIES } from "../protocol/webllm-libraries.ts";
import { neededFeatures, type CatalogueEntry } from "./catalogue.ts";

const MIB = 2 ** 20;

/** What WebLLM runs the model at an address with; undefined for every model that it is not to run. */
export function compiledModelIn(
  entries: readonly CatalogueEntry[],
  url: string,
): CompiledModel | undefined {
  const variant = entries
    .flatMap(({ variants }) => variants)
    .find((one) => one.engine === "webllm" && isSameModel(one.url, url));
  if (!variant?.webLlm) return undefined;
  const { id, library, vramMiB, ...terms } = variant.webLlm;
  const { contextTokens, slidingWindowTokens, historySteps, manifest } = terms;
  const requiredFeatures = neededFeatures(variant);
  return {
    id,
    libraryUrl: WEBLLM_LIBRARIES + library,
    gpuBytes: Math.ceil(vramMiB * MIB),
    requiredFeatures,
    contextTokens,
    slidingWindowTokens,
    historySteps,
    manifest,
  };
}
