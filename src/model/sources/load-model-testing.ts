import { afterEach, beforeAll, beforeEach, expect } from "vitest";
import type { EngineFailure } from "../../protocol/errors.ts";
import { assert } from "../../shared/assert.ts";
import { EngineError } from "../../shared/engine-error.ts";
import { generateModel, type GeneratedModel } from "../generate/generate-model.ts";
import { loadModel, type LoadResult, type LoadModelOptions } from "./load-model.ts";
import {
  MemoryCache,
  serveModel,
  type Fault,
  type ModelServer,
} from "../../downloads/model-server-testing.ts";
import type { RetryTiming } from "../../downloads/retry.ts";

export const SHARD_0 = "params_shard_0.bin";
export const SHARD_1 = "params_shard_1.bin";

/** The files of the model that is served. */
export const ALL_FILES = [
  "mlc-chat-config.json",
  SHARD_0,
  SHARD_1,
  "params_shard_2.bin",
  "tensor-cache.json",
  "tokenizer.json",
  "tokenizer_config.json",
];

export const PAGE = "<!doctype html><title>App</title>";

/** A clock that stands still. Nobody waits for it: `waitsMs` keeps how long each wait would have been. */
export class NoWaiting implements RetryTiming {
  readonly waitsMs: number[] = [];
  nowMs = (): number => Date.UTC(2026, 0, 1);
  random = (): number => 0;
  sleep = (ms: number): Promise<void> => {
    this.waitsMs.push(ms);
    return Promise.resolve();
  };
}

/** One generated model, and for every test a new server of it and a new cache. */
class LoaderSetup {
  cache = new MemoryCache();
  timing = new NoWaiting();
  #model: GeneratedModel | undefined;
  #server: ModelServer | undefined;

  get model(): GeneratedModel {
    assert(this.#model !== undefined, "used outside a test");
    return this.#model;
  }

  get server(): ModelServer {
    assert(this.#server !== undefined, "used outside a test");
    return this.#server;
  }

  async generate(): Promise<void> {
    this.#model = await generateModel({ quantization: "q0f32" });
    expect([...this.#model.files.keys()].sort()).toEqual(ALL_FILES);
  }

  /** Serves these files on another port. */
  async serve(files: Map<string, Uint8Array>): Promise<void> {
    await this.#server?.close();
    this.#server = await serveModel(files);
  }

  load(options: Partial<LoadModelOptions> = {}, url = this.server.url): Promise<LoadResult> {
    const { signal } = new AbortController();
    const { cache, timing } = this;
    return loadModel(url, { signal, cache, timing, onTensor: () => undefined, ...options });
  }

  fileBytes(name: string): Uint8Array {
    const bytes = this.model.files.get(name);
    assert(bytes !== undefined, `the model has no ${name}`);
    return bytes;
  }

  textOf(name: string): string {
    return new TextDecoder().decode(this.fileBytes(name));
  }

  weightBytes(): number {
    const shards = ALL_FILES.filter((name) => name.endsWith(".bin"));
    return shards.reduce((sum, name) => sum + this.fileBytes(name).length, 0);
  }
}

export function useModelServer(): LoaderSetup {
  const setup = new LoaderSetup();
  beforeAll(() => setup.generate());
  beforeEach(async () => {
    setup.cache = new MemoryCache();
    setup.timing = new NoWaiting();
    await setup.serve(new Map(setup.model.files));
  });
  afterEach(() => setup.server.close());
  return setup;
}

export async function failureOf(promise: Promise<unknown>): Promise<EngineFailure> {
  const error: unknown = await promise.then(
    () => new Error("it loaded"),
    (reason: unknown) => reason,
  );
  if (error instanceof EngineError) return error.failure;
  throw error;
}

/** A copy of some bytes with one bit in the middle changed. */
export function damaged(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes);
  const middle = copy.length >> 1;
  copy[middle] = (copy[middle] ?? 0) ^ 1;
  return copy;
}

export const answer =
  (bytes: Uint8Array | string): Fault =>
  (response) =>
    response.end(bytes);
