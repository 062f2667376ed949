import type { CompiledModel } from "../../protocol/engine-api.ts";

/**
 * What WebLLM runs the model at an address with; undefined for every model that it is not to run. The list of models is
 * fetched for this, which is part of the page.
 */
export async function compiledModel(url: string): Promise<CompiledModel | undefined> {
  // Nothing else is in the list.
  if (!url.startsWith("https://huggingface.co/")) return undefined;
  try {
    const [{ ALL_MODELS }, { compiledModelIn }] = await Promise.all([
      import("./all-models.ts"),
      import("../../catalogue/compiled-model.ts"),
    ]);
    return compiledModelIn(ALL_MODELS, url);
  } catch {
    // A newer build has taken the list's place. Our own engine then says that it does not know the model.
    return undefined;
  }
}
