import type { AppConfig, ModelRecord } from "@mlc-ai/web-llm";
import type { CompiledModel } from "../protocol/engine-api.ts";

/** Where WebLLM looks for a model's files, as its `cleanModelUrl` has it. @returns with a final slash */
export function webLlmDirectory(url: string): string {
  const path = url.endsWith("/") ? url : `${url}/`;
  return /.+\/resolve\/.+\//.test(path) ? path : `${path}resolve/main/`;
}

interface RecordTerms {
  compiled: CompiledModel;
  /** The model's directory. */
  directory: string;
  /** What the library's bytes have to be: see `provideLibrary`. */
  integrity: string;
}

/** WebLLM's configuration with the one model that is to be loaded, whose files it finds in Cache Storage. */
export const appConfigFor = (terms: RecordTerms): AppConfig => ({
  cacheBackend: "cache",
  model_list: [recordOf(terms)],
});

function recordOf({ compiled, directory, integrity }: RecordTerms): ModelRecord {
  const { id, libraryUrl, contextTokens, slidingWindowTokens, historySteps } = compiled;
  const { requiredFeatures, manifest } = compiled;
  return {
    model: directory,
    model_id: id,
    model_lib: libraryUrl,
    integrity: { model_lib: integrity },
    overrides: {
      ...(contextTokens !== undefined && { context_window_size: contextTokens }),
      ...(slidingWindowTokens !== undefined && { sliding_window_size: slidingWindowTokens }),
      ...(historySteps !== undefined && { max_history_size: historySteps }),
    },
    ...(requiredFeatures && { required_features: [...requiredFeatures] }),
    ...(manifest !== undefined && { model_manifest: manifest }),
  };
}
