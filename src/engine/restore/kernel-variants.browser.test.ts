import * as Comlink from "comlink";
import { deleteDB } from "idb";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { KernelVariant } from "../../model/forward/kernel-variant.ts";
import type { ChatMessage } from "../../protocol/engine-api.ts";
import type { KvStoreApi } from "../../protocol/kv-store-api.ts";
import type { QualityLevel } from "../../protocol/quality.ts";
import type { StoreApi } from "../../protocol/store-api.ts";
import { createStore } from "../../store/create-store.ts";
import { variantsRecord } from "../sequence/kept-variants.ts";
import {
  assistant,
  GPU,
  MODEL,
  plantModel,
  removeModels,
  TestEngine,
  unwrap,
  user,
} from "../testing/engine-testing.ts";

// Rules KI3 to KI6 of kv-identity.ts, and KV2 of kernel-variant.ts, with kernels that really differ.

const DATABASE = `kernel-variants-${crypto.randomUUID()}`;

let store: StoreApi;
let kv: Comlink.Remote<KvStoreApi>;
let record: string;
/** Two engines, as of two visits, whose kernels for one token differ. */
let first: TestEngine;
let second: TestEngine;

interface Kept {
  variants: { shape: string; variant: KernelVariant }[];
}
const kept = async () => unwrap(await kv.deviceRecord(record)) as Kept | undefined;

beforeAll(async () => {
  await plantModel(1024);
  store = createStore({ databaseName: DATABASE });
  const { port1, port2 } = new MessageChannel();
  await store.serveKv(port1);
  kv = Comlink.wrap<KvStoreApi>(port2);
  first = await TestEngine.idle(store, GPU);
  record = variantsRecord(unwrap(await first.api.load({ url: MODEL })).adapter);
}, 60_000);

afterAll(async () => {
  await first.api.release();
  await second.api.release();
  await removeModels();
  await deleteDB(DATABASE);
});

/** A question of one full chunk and a part of another. Each begins in a way of its own. */
const question = (name: string): ChatMessage => user(`${name}, `.repeat(20).slice(0, 200));

async function answer(
  engine: TestEngine,
  id: string,
  messages: ChatMessage[],
  quality: QualityLevel = "exact",
) {
  const reply = await engine.ask(id, messages, { quality });
  await engine.api.saved();
  return {
    history: [...messages, assistant(reply)],
    tokens: reply.promptTokens + reply.generatedTokens,
  };
}

/** Opens a conversation, of which nothing is left in the engine's cache but the template's beginning. */
async function open(
  engine: TestEngine,
  id: string,
  history: ChatMessage[],
  quality: QualityLevel = "exact",
) {
  await engine.open("elsewhere", [user("something else")]);
  const { loadedTokens, reusedTokens } = await engine.open(id, history, quality);
  await engine.api.saved();
  return { isLoaded: loadedTokens > 0, tokens: loadedTokens + reusedTokens };
}

test("KV2: the first choice is kept, and another one that is kept is run and stays", async () => {
  await first.open("elsewhere", [user("something else")]);
  await expect.poll(async () => (await kept())?.variants).toHaveLength(1);
  const [chosen] = (await kept())?.variants ?? [];
  expect(chosen?.variant.matvec).toBe("broadcast");
  const other = [{ ...chosen, variant: { ...chosen?.variant, matvec: "shared" } }];
  unwrap(await kv.putDeviceRecord(record, { variants: other }));
  second = await TestEngine.start(store, MODEL, GPU);
  await second.open("elsewhere", [user("something else")]);
  expect(await kept()).toEqual({ variants: other });
}, 60_000);

test("KI4: rows of another variant are not used at exact, and are there for their own", async () => {
  const { history, tokens } = await answer(first, "a", [question("exactly")]);
  expect(await open(second, "b", history)).toMatchObject({ isLoaded: false });
  expect(await open(first, "a", history)).toEqual({ isLoaded: true, tokens });
}, 60_000);

test("KI5: at balanced they are used, and what is computed on top of them is not exact", async () => {
  const begun = await answer(first, "c", [question("roughly")], "balanced");
  const { history, tokens } = begun;
  expect(await open(second, "c", history, "balanced")).toEqual({ isLoaded: true, tokens });
  const next = await answer(second, "c", [...history, question("then")], "balanced");
  expect(await open(second, "d", next.history)).toMatchObject({ isLoaded: false });
  expect(await open(second, "c", next.history, "balanced")).toMatchObject({ isLoaded: true });
}, 60_000);

test("KI6: whoever stores exact rows gives up those of another variant", async () => {
  const { history } = await answer(first, "e", [question("given up")]);
  const next = await answer(second, "e", [...history, user("and then?")]);
  const stored = { isLoaded: true, tokens: next.tokens };
  expect(await open(second, "e", next.history)).toEqual(stored);
  expect(await open(first, "e", next.history)).toMatchObject({ isLoaded: false });
}, 60_000);
