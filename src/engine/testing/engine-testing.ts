import type { ModelSpec } from "../../model/generate/generate-config.ts";
import { generateModel } from "../../model/generate/generate-model.ts";
import type {
  ChatMessage,
  EngineEvent,
  GenerateRequest,
  OpenRequest,
  RestoreSummary,
  TurnSummary,
} from "../../protocol/engine-api.ts";
import type { QualityLevel } from "../../protocol/quality.ts";
import type { Result } from "../../protocol/errors.ts";
import type { MeasureDetails, MeasureName } from "../../protocol/measures.ts";
import type { RestorationScheme } from "../../protocol/restoration.ts";
import type { StoreApi } from "../../protocol/store-api.ts";
import { createEngine, type EngineOptions, type RekindleEngine } from "../create-engine.ts";
import { rendererInThread } from "../../tokenizer/jinja/renderer-in-thread.ts";

export const MODEL = "https://models.invalid/generated/";
/**
 * For tests of what a restoration loads: a software GPU computes rows so slowly that loading is what the planner takes,
 * which the processor does not with models as small as these.
 */
export const GPU: EngineOptions = { device: "gpu" };

const CACHES = ["webllm/model", "webllm/config"];

/** A generated model in Cache Storage, as if it had been downloaded. */
export async function plantModel(
  contextTokens: number,
  spec: Partial<ModelSpec> = {},
): Promise<void> {
  await removeModels();
  const { files } = await generateModel({ contextTokens, ...spec });
  for (const [name, bytes] of files) {
    const cache = await caches.open(
      name === "mlc-chat-config.json" ? "webllm/config" : "webllm/model",
    );
    await cache.put(MODEL + name, new Response(Uint8Array.from(bytes)));
  }
}

export async function removeModels(): Promise<void> {
  await Promise.all(CACHES.map((name) => caches.delete(name)));
}

export function unwrap<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`failed: ${JSON.stringify(result.failure)}`);
  return result.value;
}

interface AskOptions extends Pick<GenerateRequest, "exactContext" | "quality" | "isTemporary"> {
  maxTokens?: number;
}

/** An engine as a page has it, with a store; or without one, and then it never saves. */
export class TestEngine {
  readonly api: RekindleEngine;
  readonly events: EngineEvent[] = [];
  #runs = 0;

  private constructor(options: EngineOptions) {
    this.api = createEngine({ templates: rendererInThread, ...options });
  }

  /** Starts an engine and loads a model. @param store an engine without one never saves */
  static async start(
    store?: StoreApi,
    url = MODEL,
    options: EngineOptions = {},
  ): Promise<TestEngine> {
    const engine = await TestEngine.idle(store, options);
    unwrap(await engine.api.load({ url }));
    return engine;
  }

  /** Starts an engine without a model. */
  static async idle(store?: StoreApi, options: EngineOptions = {}): Promise<TestEngine> {
    const engine = new TestEngine(options);
    await engine.api.subscribe((event) => {
      engine.events.push(event);
    });
    if (store) {
      const { port1, port2 } = new MessageChannel();
      await store.serveKv(port1);
      await engine.api.attachStore(port2);
    }
    // Rows that leave the cache are gone, unless a test wants them parked.
    await engine.api.keepOnGpu(0);
    return engine;
  }

  /** A greedy answer of at most 12 tokens, unless a test wants another length. */
  async ask(
    conversationId: string,
    messages: readonly ChatMessage[],
    { maxTokens = 12, ...options }: AskOptions = {},
  ): Promise<TurnSummary> {
    const runId = `run ${++this.#runs}`;
    const sampling = { temperature: 0, maxTokens };
    const request = { runId, conversationId, messages, sampling, ...options };
    return unwrap(await this.api.generate(request, () => undefined));
  }

  async open(
    conversationId: string,
    messages: readonly ChatMessage[],
    quality: QualityLevel = "exact",
  ): Promise<RestoreSummary> {
    return unwrap(await this.api.open({ conversationId, messages, quality }));
  }

  /** Open a conversation in a way that would perhaps not be chosen. */
  async openBy(scheme: RestorationScheme, request: OpenRequest): Promise<RestoreSummary> {
    // Nothing is awaited between, so that a turn may follow at once. An opening goes on in the way it was begun in.
    const forced = this.api.forceScheme(scheme);
    const opened = this.api.open(request);
    await Promise.all([forced, this.api.forceScheme("auto")]);
    return unwrap(await opened);
  }

  /** Details of all measures of a name so far. */
  measured<Name extends MeasureName>(name: Name): MeasureDetails[Name][] {
    return this.events.flatMap((event) =>
      event.type === "measure" && event.measure.name === name
        ? [event.measure.detail as MeasureDetails[Name]]
        : [],
    );
  }

  /** Duration of the last measure of a name. */
  tookMs(name: MeasureName): number {
    const last = this.events.findLast(
      (event) => event.type === "measure" && event.measure.name === name,
    );
    if (last?.type !== "measure") throw new Error(`nothing was measured of ${name}`);
    return last.measure.endEpochMs - last.measure.startEpochMs;
  }

  /** The next measure of a name that is told after the first `known` ones. */
  async next<Name extends MeasureName>(name: Name, known: number): Promise<MeasureDetails[Name]> {
    for (;;) {
      const detail = this.measured(name)[known];
      if (detail) return detail;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

export const user = (text: string): ChatMessage => ({ role: "user", text });
export const assistant = ({ text, tokens }: TurnSummary): ChatMessage => ({
  role: "assistant",
  text,
  tokens,
});
