import type { Hardware } from "../device/device.ts";
import { KvCache } from "../kv/cache/kv-cache.ts";
import { assert } from "../shared/assert.ts";
import { compileKernels, type ModelKernels } from "./forward/kernels.ts";
import { kvShapeOf } from "./kv-layers.ts";
import type { ModelConfig } from "./model-config.ts";
import { refuseBeyondLimits } from "./refuse-beyond-limits.ts";
import type { Ablation } from "./ablations-testing.ts";
import type { ModelDescription, ModelSource } from "./sources/source.ts";
import { SOURCES } from "./sources/sources.ts";
import { loadModel } from "./sources/load-model.ts";
import type { ChatTemplate } from "../tokenizer/chat-template.ts";
import type { FileCache } from "../downloads/file-cache.ts";
import { Transformer } from "./forward/transformer.ts";
import { ModelWeights } from "./weights.ts";

/** Fetches a file of the project as a web server would give it: from the test server or, in Node, from the disk. */
export async function fetchProjectFile(
  input: RequestInfo | URL,
  init?: RequestInit,
): Promise<Response> {
  const { pathname } = new URL(input instanceof Request ? input.url : input);
  if (!("process" in globalThis)) return fetch(input, init);
  const { readFile } = await import("node:fs/promises");
  const file = pathname.startsWith("/models/") ? `public${pathname}` : pathname.slice(1);
  return answer(new Uint8Array(await readFile(file)), init);
}

/** What a server that sends parts of files answers to a request for a file. */
export function answer(bytes: Uint8Array<ArrayBuffer>, init?: RequestInit): Response {
  const asked = /^bytes=(\d+)-(\d+)$/.exec(new Headers(init?.headers).get("range") ?? "");
  if (!asked) return new Response(bytes);
  const [start, end] = [Number(asked[1]), Math.min(Number(asked[2]) + 1, bytes.length)];
  const range = `bytes ${start}-${end - 1}/${bytes.length}`;
  const headers = { "content-range": range, etag: `"${bytes.length}"` };
  return new Response(bytes.subarray(start, end), { status: 206, headers });
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

/** How a test's model is loaded, where it is not as the engine does. */
export interface TestModelOptions {
  /** Reads the model's files: the project's own, unless this is given. */
  fetchFile?: typeof fetchProjectFile;
  sources?: readonly ModelSource[];
  /** What is computed wrongly, so that a test can show that it notices. */
  ablation?: Ablation | undefined;
  /** The most positions that there is room for: the model's own number, unless this is less. */
  contextTokens?: number;
  /** The most bytes of a full chunk's stored value, as `KvShape` has it. */
  valueBytes?: number;
}

/** A model on a device, without what the engine has around it. */
export interface TestModel {
  transformer: Transformer;
  /** What the model computes, with an ablation if there is one. */
  config: ModelConfig;
  weights: ModelWeights;
  kernels: ModelKernels;
  description: ModelDescription;
}

/**
 * Loads a model onto a device as the engine does, but without Cache Storage.
 *
 * @param address of the model; one that begins with a slash is below the project's root
 */
export async function loadTestModel(
  hardware: Hardware,
  address: string,
  {
    fetchFile = fetchProjectFile,
    sources = SOURCES,
    ablation = {},
    contextTokens = Infinity,
    valueBytes,
  }: TestModelOptions = {},
): Promise<TestModel> {
  let parts: Omit<TestModel, "transformer" | "kernels" | "description"> | undefined;
  let compiling: Promise<ModelKernels> | undefined;
  const description = await loadModel(
    address.startsWith("/") ? PROJECT_ORIGIN + address : address,
    {
      sources,
      signal: new AbortController().signal,
      fetch: fetchFile,
      cache: NO_CACHE,
      onDescription(described) {
        const stated = described.config;
        const room = Math.min(stated.contextTokens, contextTokens);
        const unchanged = { ...stated, contextTokens: room };
        refuseBeyondLimits({ ...described, config: unchanged }, hardware.device.limits);
        const config = ablation.config?.(unchanged) ?? unchanged;
        parts = { config, weights: new ModelWeights(hardware.device, described) };
        const device = ablation.device?.(hardware.device) ?? hardware.device;
        compiling = compileKernels({ ...hardware, device }, { ...described, config });
      },
      onTensor(tensor) {
        if (parts === undefined) return;
        const { weights, config } = parts;
        weights.write(ablation.tensor?.(tensor, config) ?? tensor);
      },
    },
  );
  assert(parts !== undefined && compiling !== undefined, "no configuration came");
  const kernels = await compiling;
  const cache = new KvCache(hardware.device, { ...kvShapeOf(parts.config), valueBytes });
  const transformer = new Transformer(hardware, parts.config, { ...parts, kernels, cache });
  return { ...parts, kernels, transformer, description };
}

/** Loads a model as `loadTestModel` does, for tests that want it as it is. */
export async function loadTransformer(
  hardware: Hardware,
  address: string,
  fetchFile: typeof fetchProjectFile = fetchProjectFile,
  sources: readonly ModelSource[] = SOURCES,
): Promise<{ transformer: Transformer; config: ModelConfig; chatTemplate: ChatTemplate }> {
  const { transformer, config, description } = await loadTestModel(hardware, address, {
    fetchFile,
    sources,
  });
  return { transformer, config, chatTemplate: description.chatTemplate };
}
