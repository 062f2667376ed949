import * as Comlink from "comlink";
import { openDB } from "idb";
import { describe } from "vitest";
import { gpuTest, type GpuHarness } from "../gpu/testing.ts";
import { recordRow } from "../metrics/bench-rows.ts";
import { measureInTurns, median, medianRatio } from "../metrics/samples.ts";
import { prefill } from "../model/prefill.ts";
import { loadTransformer } from "../model/testing.ts";
import type { StoreApi } from "../protocol/store-api.ts";
import { KvConnection } from "./kv-connection.ts";
import { restore } from "./kv-restorer.ts";
import { KvSaver } from "./kv-saver.ts";
import type { LoadedModel } from "./load-model-onto-gpu.ts";
import { ResidentSequence } from "./resident-sequence.ts";

const LENGTHS = [250, 500, 1000, 1500];
const ROUNDS = 7;

const round = (value: number): number => Number(value.toPrecision(3));

/** The store in its own worker, as the page has it, and a port to it. */
async function connectStore(): Promise<{ store: StoreApi; kv: KvConnection }> {
  const url = new URL("../../workers/store.worker.ts", import.meta.url);
  const store = Comlink.wrap<StoreApi>(new Worker(url, { type: "module", name: "bench" }));
  const { port1, port2 } = new MessageChannel();
  await store.serveKv(Comlink.transfer(port1, [port1]));
  await store.clearKv();
  return { store: store as unknown as StoreApi, kv: new KvConnection(port2) };
}

/** All stored values, straight from IndexedDB: what the store's disk can do, with nothing checked. */
async function readRaw(): Promise<number> {
  const db = await openDB("rekindle");
  const keys = await db.getAllKeys("kvChunks");
  const values = (await Promise.all(keys.map((key) => db.get("kvChunks", key)))) as {
    bytes: Blob | Uint8Array;
  }[];
  const sizes = await Promise.all(
    values.map(async ({ bytes }) =>
      bytes instanceof Blob ? (await bytes.arrayBuffer()).byteLength : bytes.byteLength,
    ),
  );
  db.close();
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** A conversation of random tokens, prefilled once and stored. */
async function storeConversation(gpu: GpuHarness, kv: KvConnection, tokens: number[]) {
  const { transformer } = await loadTransformer(gpu, "/models/pip-4.7m/mlc-q0f16/");
  const resident = new ResidentSequence();
  const kvFingerprint = tokens.length.toString(16).padStart(32, "f");
  const model = { gpu, transformer, resident, kvFingerprint } as unknown as LoadedModel;
  const compute = async () => {
    const { signal } = new AbortController();
    const ids = Uint32Array.from(tokens);
    await prefill(gpu.device, transformer, ids, { start: 0, output: "none", signal });
    await gpu.device.queue.onSubmittedWorkDone();
  };
  await compute();
  resident.append(tokens);
  const saver = new KvSaver({ model, store: kv, onMeasure: () => undefined });
  saver.finish("bench");
  await saver.idle();
  const load = async () => {
    resident.cut(0);
    const { signal } = new AbortController();
    const { loadedTokens } = await restore(model, {
      conversationId: "bench",
      tokens,
      store: kv,
      abandoned: signal,
      handedOver: signal,
      onMeasure: () => undefined,
    });
    if (loadedTokens !== tokens.length) throw new Error(`only ${loadedTokens} were loaded`);
    await gpu.device.queue.onSubmittedWorkDone();
  };
  return { compute, load };
}

describe("restoring a conversation", () => {
  for (const length of LENGTHS)
    gpuTest(`${length} tokens, beside prefilling them`, async ({ gpu, task }) => {
      const { store, kv } = await connectStore();
      const tokens = Array.from({ length }, (_, i) => (i * 31 + length) % 2048);
      const { compute, load } = await storeConversation(gpu, kv, tokens);
      const bytes = await readRaw();
      const fast = await measureInTurns({ load, raw: readRaw }, { rounds: ROUNDS });
      // Prefilling takes a thousand times as long: fewer rounds.
      const slow = await measureInTurns({ compute }, { rounds: 3, warmups: 0 });
      const loadMs = median(fast.load);
      const rate = (ms: number) => round(bytes / ms / 1e3);
      const name = `IndexedDB, ${length} tokens`;
      recordRow(task, { name: `restore, ${name}`, value: round(loadMs), unit: "ms", bytes });
      recordRow(task, {
        name: `prefill, ${length} tokens`,
        value: round(median(slow.compute)),
        unit: "ms",
      });
      recordRow(task, {
        name: `prefill / restore, ${name}`,
        value: round(median(slow.compute) / loadMs),
        unit: "ratio",
      });
      recordRow(task, { name: `restore, ${name}`, value: rate(loadMs), unit: "MB/s" });
      recordRow(task, { name: `raw read, ${name}`, value: rate(median(fast.raw)), unit: "MB/s" });
      recordRow(task, {
        name: `restore / raw read, ${name}`,
        value: round(medianRatio(fast.raw, fast.load)),
        unit: "ratio",
      });
      await store.clearKv();
      kv.close();
    });
});
