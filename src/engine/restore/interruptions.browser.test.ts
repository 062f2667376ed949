import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { ChatMessage, TurnSummary } from "../../protocol/engine-api.ts";
import type { StoreApi } from "../../protocol/store-api.ts";
import { createStore } from "../../store/create-store.ts";
import {
  assistant,
  plantModel,
  removeModels,
  TestEngine,
  unwrap,
  user,
} from "../testing/engine-testing.ts";

/** How long a restoration of three layer groups takes, about. */
const OPTIONS = { valueBytes: 32 * 1024, device: "gpu" } as const;
const SLOW = { bytesPerMs: 500, latencyMs: 5 };
const RESTORATION_MS = 450;

const QUESTION = user("and what comes then?");
const ANSWER = { maxTokens: 6 };
const elsewhere = [user("something else")];

let store: StoreApi;
let slowStore: StoreApi;
let engine: TestEngine;
let history: ChatMessage[];
let expected: TurnSummary;
/** The device of the engine under test. */
let lastDevice: GPUDevice | undefined;

beforeAll(async () => {
  await plantModel(1024, { layers: 6 });
  store = createStore();
  slowStore = createStore();
  unwrap(await slowStore.throttleReads(SLOW));
  await store.clearKv();
  const never = await TestEngine.start(undefined, undefined, OPTIONS);
  const question = user("what comes next? ".repeat(21));
  history = [question, assistant(await never.ask("never saved", [question]))];
  expected = await never.ask("never saved", [...history, QUESTION], ANSWER);
  const writer = await TestEngine.start(store, undefined, OPTIONS);
  await writer.ask("long", history.slice(0, 1));
  await writer.open("elsewhere", elsewhere);
  const requestDevice = Reflect.get(GPUAdapter.prototype, "requestDevice");
  vi.spyOn(GPUAdapter.prototype, "requestDevice").mockImplementation(async function (
    this: GPUAdapter,
    ...args
  ) {
    return (lastDevice = await requestDevice.apply(this, args));
  });
  engine = await TestEngine.start(slowStore, undefined, OPTIONS);
}, 120_000);

afterAll(async () => {
  vi.restoreAllMocks();
  await store.clearKv();
  await removeModels();
});

/** What may happen while a conversation is being restored, and whether it has to be opened again. */
const INTERRUPTIONS = {
  "nothing else": () => Promise.resolve(),
  "the message is sent": () => expectRightAnswer(),
  "another conversation is opened, and this one again": async () => {
    await engine.open("elsewhere", elsewhere);
    await engine.open("long", history);
  },
  "another is answered in": async () => {
    const other = engine.ask("elsewhere", elsewhere, { maxTokens: 3 });
    expect((await other).promptTokens).toBeLessThan(100);
  },
  "it is opened once more": async () => {
    await engine.open("long", history);
  },
  "a turn is sent and cancelled": async () => {
    const messages = [...history, QUESTION];
    const request = { runId: "cancelled", conversationId: "long", messages };
    const turn = engine.api.generate(request, () => undefined);
    await engine.api.cancel("cancelled");
    expect(unwrap(await turn).finishReason).toBe("cancelled");
  },
  "all that is stored goes": async () => {
    unwrap(await store.clearKv());
  },
  "the GPU is lost": async () => {
    const known = engine.events.length;
    lastDevice?.destroy();
    await vi.waitFor(() => {
      const phases = engine.events
        .slice(known)
        .flatMap((event) => (event.type === "status" ? [event.status.phase] : []));
      expect(phases).toEqual(["recovering", "ready"]);
    }, 20_000);
  },
} as const;

async function expectRightAnswer(): Promise<void> {
  const actual = await engine.ask("long", [...history, QUESTION], ANSWER);
  expect(actual.tokens).toEqual(expected.tokens);
}

/** Moments all over a restoration, the same in every run. */
function* moments(): Generator<number> {
  for (let i = 1; ; i++) yield ((i * 0.618_034) % 1) * RESTORATION_MS;
}

const moment = moments();
const often = Object.keys(INTERRUPTIONS).slice(1, 6) as (keyof typeof INTERRUPTIONS)[];
const seldom = ["nothing else", "the GPU is lost", "all that is stored goes"] as const;
const cases = [
  ...Array.from({ length: 44 }, (_, i) => often[i % often.length] ?? "nothing else"),
  ...seldom.flatMap((what) => [what, what]),
].map((what) => ({ what, afterMs: Math.round(moment.next().value as number) }));

test("there are fifty of them", () => {
  expect(cases).toHaveLength(50);
});

test.each(cases)("$afterMs ms into a restoration $what", async ({ what, afterMs }) => {
  await engine.open("elsewhere", elsewhere);
  const opening = engine.api.open({ conversationId: "long", messages: history });
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  await INTERRUPTIONS[what]();
  // The next answers are right, whatever became of the restoration.
  await opening;
  await expectRightAnswer();
});
