import type { Gpu } from "../gpu/device.ts";
import { KvCache } from "../kv/cache/kv-cache.ts";
import { assert } from "../shared/assert.ts";
import { compileKernels, type ModelKernels } from "./forward/kernels.ts";
import type { ModelConfig } from "./model-config.ts";
import type { ModelSource } from "./sources/source.ts";
import { SOURCES } from "./sources/sources.ts";
import { loadModel } from "./sources/load-model.ts";
import type { ChatTemplate } from "../tokenizer/chat-template.ts";
import type { FileCache } from "../downloads/file-cache.ts";
import { Transformer } from "./forward/transformer.ts";
import { ModelWeights } from "./weights.ts";

/** Fetches a file of the project as a web server would give it: from the test server or, in Node, from the disk. */
export async function fetchProjectFile(input: RequestInfo | URL): Promise<Response> {
  const { pathname } = new URL(input instanceof Request ? input.url : input);
  if (!("process" in globalThis)) return fetch(input);
  const { readFile } = await import("node:fs/promises");
  const file = pathname.startsWith("/models/") ? `public${pathname}` : pathname.slice(1);
  return new Response(await readFile(file));
}

/** The origin of the project's files: the test server's or, in Node, any. */
export const PROJECT_ORIGIN = "location" in globalThis ? location.origin : "http://localhost";

export const NO_CACHE: FileCache = {
  match: () => Promise.resolve(undefined),
  put: () => Promise.resolve(),
  delete: () => Promise.resolve(),
};

/** Fetches generated files as a web server would give them, whatever the directory. */
export function fetchGenerated(files: ReadonlyMap<string, Uint8Array>) {
  return (input: RequestInfo | URL): Promise<Response> => {
    const name = new URL(input instanceof Request ? input.url : input).pathname.split("/").at(-1);
    const bytes = files.get(name ?? "");
    return Promise.resolve(
      bytes ? new Response(Uint8Array.from(bytes)) : new Response(null, { status: 404 }),
    );
  };
}

/**
 * Loads a model onto a device as the engine does, but without Cache Storage.
 *
 * @param address of the model; one that begins with a slash is below the project's root
 */
export async function loadTransformer(
  gpu: Gpu,
  address: string,
  fetchFile: typeof fetchProjectFile = fetchProjectFile,
  sources: readonly ModelSource[] = SOURCES,
): Promise<{ transformer: Transformer; config: ModelConfig; chatTemplate: ChatTemplate }> {
  let parts: { weights: ModelWeights; kernels: Promise<ModelKernels> } | undefined;
  const { config, chatTemplate } = await loadModel(
    address.startsWith("/") ? PROJECT_ORIGIN + address : address,
    {
      sources,
      signal: new AbortController().signal,
      fetch: fetchFile,
      cache: NO_CACHE,
      onDescription(description) {
        const weights = new ModelWeights(gpu.device, description);
        const kernels = compileKernels(gpu, description.config, description.format);
        parts = { weights, kernels };
      },
      onTensor(tensor) {
        parts?.weights.write(tensor);
      },
    },
  );
  assert(parts !== undefined, "no configuration came");
  const kernels = await parts.kernels;
  const cache = new KvCache(gpu.device, config);
  const transformer = new Transformer(gpu, config, { ...parts, kernels, cache });
  return { transformer, config, chatTemplate };
}
