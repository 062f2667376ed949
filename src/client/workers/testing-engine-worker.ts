import { vi } from "vitest";
import type { EngineApi, EngineEvent, ModelInfo } from "../../protocol/engine-api.ts";
import type { EngineMeasuring } from "../../protocol/engine-measuring.ts";
import type { EngineStoring } from "../../protocol/engine-storing.ts";
import { fail, ok, type EngineFailure, type Result } from "../../protocol/errors.ts";
import { EngineClient } from "./engine-client.ts";
import { summary } from "../testing-engine.ts";
import type { WorkerConnection } from "./worker-connection.ts";

export const model: ModelInfo = {
  url: "https://example.org/model/",
  name: "model",
  architecture: "qwen3",
  quantization: "q4f16_1",
  contextTokens: 4096,
  weightBytes: 1,
  gpuBytes: 1,
  tokenizer: "t",
  sampling: { temperature: 1, topP: 1, repetitionPenalty: 1 },
  adapter: "test",
  device: "gpu",
};
export const failure: EngineFailure = { code: "worker-died", worker: "engine", message: "oom" };
export const ignore = () => undefined;
export const NOTHING_RESTORED = {
  residentTokens: 0,
  reusedTokens: 0,
  loadedTokens: 0,
  recomputedTokens: 0,
};

/** What the engine of our own can do. */
type RekindleEngineApi = EngineApi & EngineStoring & EngineMeasuring;

/** An engine worker whose events and death the test decides. */
export function fakeWorker(overrides: Partial<RekindleEngineApi> = {}) {
  let die: (failure: EngineFailure) => void = ignore;
  let emit: (event: EngineEvent) => void = ignore;
  const died = new Promise<EngineFailure>((resolve) => (die = resolve));
  const untilDeath = <T>(answer: Promise<Result<T>>) => Promise.race([answer, died.then(fail)]);
  const calls: string[] = [];
  const api: RekindleEngineApi = {
    subscribe: (onEvent) => {
      emit = onEvent;
      emit({ type: "status", status: { phase: "idle" } });
      return Promise.resolve();
    },
    load: ({ url }) => (calls.push(`load ${url}`), untilDeath(Promise.resolve(ok(model)))),
    cancelLoad: () => Promise.resolve(),
    release: () => (calls.push("release"), Promise.resolve()),
    attachStore: () => Promise.resolve(),
    open: ({ messages }) => (
      calls.push(`open ${messages.map(({ text }) => text).join()}`),
      Promise.resolve(ok(NOTHING_RESTORED))
    ),
    prefetch: ({ messages }) => (
      calls.push(`prefetch ${messages.map(({ text }) => text).join()}`),
      Promise.resolve(ok(NOTHING_RESTORED))
    ),
    throttleGpu: (factor) => (calls.push(`throttleGpu ${factor}`), Promise.resolve()),
    forceScheme: (scheme) => (calls.push(`forceScheme ${scheme}`), Promise.resolve()),
    forceForm: (form) => (calls.push(`forceForm ${form ?? "none"}`), Promise.resolve()),
    keepOnGpu: (bytes) => (calls.push(`keepOnGpu ${bytes}`), Promise.resolve()),
    generate: ({ runId }) => (
      calls.push(`generate ${runId}`),
      untilDeath(Promise.resolve(ok(summary("Hi"))))
    ),
    saved: () => (calls.push("saved"), Promise.resolve()),
    setIdleTerms: ({ learning, visible, writing }) => (
      calls.push(`setIdleTerms ${learning} ${visible} ${writing}`),
      Promise.resolve()
    ),
    cancel: (runId) => (calls.push(`cancel ${runId}`), Promise.resolve()),
    ...overrides,
  };
  const connection: WorkerConnection<RekindleEngineApi> = { api, died, terminate: ignore };
  return {
    connection,
    calls,
    untilDeath,
    die: () => die(failure),
    emit: (e: EngineEvent) => emit(e),
  };
}

export function client(...workers: ReturnType<typeof fakeWorker>[]) {
  const spawn = vi.fn(() => {
    const worker = workers[spawn.mock.calls.length - 1];
    if (!worker) throw new Error("no more workers in this test");
    return worker.connection;
  });
  return { engine: new EngineClient({ spawn }), spawn };
}
