import type { Plugin } from "vite";
import type { WebLlmModel } from "../src/catalogue/webllm-model.ts";

const NAME = "virtual:webllm-models";

/**
 * The models that `@mlc-ai/web-llm` runs, as the installed version lists them.
 *
 * @throws if the package's list is not as it is known here
 */
export async function webLlmModels(): Promise<WebLlmModel[]> {
  const { prebuiltAppConfig, modelLibURLPrefix, modelVersion } = await import("@mlc-ai/web-llm");
  const hub = "https://huggingface.co/";
  const libraries = `${modelLibURLPrefix}${modelVersion}/`;
  return prebuiltAppConfig.model_list.map((model) => {
    const isKnown = model.model.startsWith(hub) && model.model_lib.startsWith(libraries);
    if (!isKnown || model.vram_required_MB === undefined)
      throw new Error(`WebLLM lists ${model.model_id} in a way that is not known`);
    return {
      id: model.model_id,
      repository: model.model.slice(hub.length),
      library: model.model_lib.slice(libraries.length),
      vramMiB: model.vram_required_MB,
      contextTokens: model.overrides?.context_window_size,
      slidingWindowTokens: model.overrides?.sliding_window_size,
      historySteps: model.overrides?.max_history_size,
      manifest: model.model_manifest,
      features: model.required_features ?? [],
      bufferBytes: model.buffer_size_required_bytes,
    };
  });
}

/**
 * Gives WebLLM's list of models to whoever imports `virtual:webllm-models`, and nothing else of the package, which has
 * 6 MB.
 */
export function webLlmCatalogue(): Plugin {
  return {
    name: "webllm-models",
    resolveId: (id) => (id === NAME ? `\0${NAME}` : undefined),
    async load(id) {
      if (id !== `\0${NAME}`) return undefined;
      return `export default JSON.parse(${JSON.stringify(JSON.stringify(await webLlmModels()))});`;
    },
  };
}
