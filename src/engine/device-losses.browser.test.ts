import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { DeviceChoice, EngineStatus, TurnSummary } from "../protocol/engine-api.ts";
import type { Result } from "../protocol/errors.ts";
import type { StoreApi } from "../protocol/store-api.ts";
import { createStore } from "../store/create-store.ts";
import {
  MODEL,
  plantModel,
  removeModels,
  TestEngine,
  unwrap,
  user,
} from "./testing/engine-testing.ts";

const CHUNK_TOKENS = 128;
const QUESTION = user("what comes next? ".repeat(12));
/** Greedy, and not one token again and again. */
const SAMPLING = { temperature: 0, repetitionPenalty: 3, maxTokens: 24 };
/** How many submits after an answer has begun, or has gone on, its device is lost. */
const SUBMITS = 4;

type Moment = "answering" | "loading";

/** When the devices are lost, one after the other. */
let moments: Moment[];
let untilLost: number;
let deviceCount: number;
let store: StoreApi;
let engine: TestEngine;

beforeAll(async () => {
  await plantModel(1024);
  store = createStore();
  await store.clearKv();
});

beforeEach(() => {
  moments = [];
  untilLost = Infinity;
  deviceCount = 0;
  const requestDevice = Reflect.get(GPUAdapter.prototype, "requestDevice");
  vi.spyOn(GPUAdapter.prototype, "requestDevice").mockImplementation(async function (
    this: GPUAdapter,
    ...args
  ) {
    deviceCount++;
    return losable(await requestDevice.apply(this, args));
  });
});

afterEach(async () => {
  await engine.api.release();
  vi.restoreAllMocks();
});

afterAll(async () => {
  await store.clearKv();
  await removeModels();
});

/** A device that is lost when the next moment has come. */
function losable(device: GPUDevice): GPUDevice {
  const submit = device.queue.submit.bind(device.queue);
  device.queue.submit = (commands) => {
    submit(commands);
    if (--untilLost === 0) device.destroy();
    return undefined;
  };
  const compile = device.createComputePipelineAsync.bind(device);
  device.createComputePipelineAsync = (descriptor) => {
    const pipeline = compile(descriptor);
    if (moments[0] === "loading") {
      moments.shift();
      device.destroy();
    }
    return pipeline;
  };
  return device;
}

/** Whether a loss is a few submits away. */
const isNear = (): boolean => untilLost > 0 && untilLost < Infinity;

/** Starts an engine. Where an answer is to be interrupted, that is a few tokens after it is first told of, or told of again. */
async function start(device: DeviceChoice): Promise<void> {
  engine = await TestEngine.start(store, MODEL, { device });
  await engine.api.subscribe((event) => {
    engine.events.push(event);
    const isAnswer = event.type === "progress" && event.progress.work === "answer";
    if (!isAnswer || isNear() || moments[0] !== "answering") return;
    moments.shift();
    untilLost = SUBMITS;
  });
}

function ask(conversationId: string, lost: readonly Moment[]): Promise<Result<TurnSummary>> {
  moments = [...lost];
  const request = { runId: conversationId, conversationId, messages: [QUESTION] };
  return engine.api.generate({ ...request, sampling: SAMPLING }, () => undefined);
}

function lastStatus(): EngineStatus | undefined {
  const last = engine.events.findLast(({ type }) => type === "status");
  return last?.type === "status" ? last.status : undefined;
}

const LOSSES = {
  "again when it goes on": ["answering", "answering"],
  "again while the model is loaded again": ["answering", "loading"],
} as const;

test("an answer whose device is lost twice has the tokens that it would have had", async () => {
  await start("gpu");
  const expected = unwrap(await ask("undisturbed", []));
  for (const [conversationId, lost] of Object.entries(LOSSES)) {
    const [deviceCountBefore, restorations] = [deviceCount, engine.measured("kv.restore").length];
    const { tokens } = unwrap(await ask(conversationId, lost));
    expect(tokens, conversationId).toEqual(expected.tokens);
    expect(deviceCount).toBe(deviceCountBefore + 2);
    // What was stored comes back each time, and less than a chunk is run again.
    const restored = engine.measured("kv.restore").slice(restorations);
    expect(restored.at(-1)?.loadedTokens).toBe(CHUNK_TOKENS);
    for (const { recomputedTokens } of restored)
      expect(recomputedTokens).toBeLessThanOrEqual(CHUNK_TOKENS);
  }
});

test("where a loss leaves no graphics card, the answer goes on on the processor", async () => {
  vi.spyOn(GPUAdapterInfo.prototype, "isFallbackAdapter", "get").mockReturnValue(false);
  await start("auto");
  vi.spyOn(navigator.gpu, "requestAdapter").mockResolvedValue(null);
  const { generatedTokens } = unwrap(await ask("on the processor", ["answering"]));
  expect(generatedTokens).toBe(SAMPLING.maxTokens);
  expect(deviceCount).toBe(1);
  expect(lastStatus()).toMatchObject({ phase: "ready", model: { device: "processor" } });
});
