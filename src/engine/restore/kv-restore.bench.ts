import * as Comlink from "comlink";
import { describe } from "vitest";
import { deviceTest, type DeviceHarness } from "../../device/testing.ts";
import { KvCache } from "../../kv/cache/kv-cache.ts";
import { recordRow } from "../../metrics/bench-rows.ts";
import { measureInTurns, median, medianRatio } from "../../metrics/samples.ts";
import { prefill } from "../../model/forward/prefill.ts";
import { loadTransformer } from "../../model/testing.ts";
import type { Transformer } from "../../model/forward/transformer.ts";
import type { Load, StoreBench } from "../../store/chunks/chunk-store-bench.worker.ts";
import { storageBuffer } from "../../device/buffers.ts";
import { KvConnection } from "../sequence/kv-connection.ts";
import { restore } from "./kv-restorer.ts";
import { KvSaver } from "../save/kv-saver.ts";
import { exactValueBytes } from "../../kv/value/chunk-value.ts";
import { ValueCoder } from "../../kv/value/value-coder.ts";
import { valueShapes } from "../../kv/value/stored-form.ts";
import { CHUNK_TOKENS } from "../../kv/cache/chunk-layout.ts";
import { LayerArrival } from "../sequence/layer-arrival.ts";
import { RestorationCosts } from "../sequence/restoration-costs.ts";
import { ResidentSequence } from "../sequence/resident-sequence.ts";

const PIP_LENGTHS = [250, 500, 1000, 1500, 2000];
/** The KV of Qwen3-0.6B, 112 KiB a token. */
const WIDE = { layers: 28, kvHeads: 8, headDim: 128, contextTokens: 512 };
const ROUNDS = 21;
/** How many values the bare reading has under way at a time. It is fastest with this many. */
const RAW_WINDOW = 8;

const NEVER = new AbortController().signal;
/** Nothing is computed, so no layer has to run. */
const NO_KERNELS = new Promise<Transformer>(() => undefined);
const round = (value: number): number => Number(value.toPrecision(3));
const randomTokens = (length: number) => Array.from({ length }, (_, i) => (i * 31 + length) % 2048);

const STORES = {
  IndexedDB: { kvBytes: "indexeddb", kind: "Blob" },
  OPFS: { kvBytes: "opfs", kind: "OPFS file" },
} as const;
type StoreName = keyof typeof STORES;

/** Starts a store in its own worker, as the page does, with a port to it, and the bare storage under it. */
async function connectStore(name: StoreName) {
  const url = new URL("../../store/chunks/chunk-store-bench.worker.ts", import.meta.url);
  const worker = new Worker(url, { type: "module", name });
  const bench = Comlink.wrap<StoreBench>(worker);
  const { port1, port2 } = new MessageChannel();
  await bench.serveKv(Comlink.transfer(port1, [port1]), STORES[name].kvBytes);
  const close = async () => {
    await bench.clear();
    worker.terminate();
  };
  return { bench, kv: new KvConnection(port2), close };
}

/** Saves rows of a cache as those of a conversation, and loads them again. */
async function storeRows(hardware: DeviceHarness, cache: KvCache, name: StoreName) {
  const { bench, kv, close } = await connectStore(name);
  const resident = new ResidentSequence();
  const [kvFingerprint, kvVariant] = ["b".repeat(32), "d".repeat(16)];
  const valueCoder = new ValueCoder(hardware.device, cache, []);
  // These costs decide nothing, since everything is loaded.
  const restorationCosts = new RestorationCosts(
    { ...cache.shape, hidden: 1, heads: 1, ffn: 1 },
    "software",
  );
  const layers = new LayerArrival(
    { readyLayers: cache.layers.length },
    { layerBytes: cache.layers.map(() => 0) },
    NO_KERNELS,
  );
  const config = { layers: cache.layers.length };
  const storable = { valueCoder, kvFingerprint, kvVariant };
  const model = { hardware, config, cache, layers, resident, restorationCosts, ...storable };
  const save = async (tokens: readonly number[]) => {
    resident.append(tokens);
    const saver = new KvSaver({ model, store: kv, onMeasure: () => undefined });
    saver.finish({ conversationId: "bench", quality: "exact" });
    await saver.idle();
  };
  const load = async (tokens: readonly number[]) => {
    resident.cut(0);
    const signals = {
      abandoned: NEVER,
      handedOver: NEVER,
      nextTokens: () => Promise.resolve(undefined),
      slowdown: 1,
      onProgress: () => undefined,
    };
    const conversation = { conversationId: "bench", quality: "exact", scheme: "load" } as const;
    const request = { ...conversation, tokens, store: kv, onMeasure: () => undefined };
    const { loadedTokens } = await restore(model, { ...request, ...signals });
    if (loadedTokens !== tokens.length) throw new Error(`only ${loadedTokens} were loaded`);
    await hardware.device.queue.onSubmittedWorkDone();
  };
  return { bench, save, load, close };
}

/** Reads the bare storage, hands its values to this thread, and writes them into a buffer as they come. */
async function readAndUpload(
  { device }: DeviceHarness,
  bench: Comlink.Remote<StoreBench>,
  bare: Load,
): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  const buffer = storageBuffer(device, "bench upload", bare.totalBytes);
  let offset = 0;
  const uploaded = new Promise<void>((resolve) => {
    port1.onmessage = ({ data }: MessageEvent<Uint8Array<ArrayBuffer>>) => {
      device.queue.writeBuffer(buffer, offset, data);
      offset += data.length;
      if (offset === bare.totalBytes) resolve();
    };
  });
  await bench.read(bare, Comlink.transfer({ window: RAW_WINDOW, port: port2 }, [port2]));
  await uploaded;
  await device.queue.onSubmittedWorkDone();
  port1.close();
  buffer.destroy();
}

/** Records the time of a restoration beside that of bare reading of as much. @returns the restoration's median time */
async function compare(
  { hardware, task }: { hardware: DeviceHarness; task: Parameters<typeof recordRow>[0] },
  cache: KvCache,
  { store, tokens, what }: { store: StoreName; tokens: number[]; what: string },
): Promise<number> {
  const { bench, save, load, close } = await storeRows(hardware, cache, store);
  await save(tokens);
  const values = valueShapes(cache.shape, CHUNK_TOKENS).map(exactValueBytes);
  const valueBytes = Math.max(...values);
  const bytes = Math.ceil(tokens.length / CHUNK_TOKENS) * values.reduce((sum, size) => sum + size);
  const stored = cache.rowBytes * cache.layers.length * tokens.length;
  const totalBytes = Math.ceil(bytes / valueBytes) * valueBytes;
  const bare = { kind: STORES[store].kind, valueBytes, totalBytes };
  await bench.write(bare);
  const { restoring, reading, uploading } = await measureInTurns(
    {
      restoring: () => load(tokens),
      reading: () => bench.read(bare, { window: RAW_WINDOW }),
      uploading: () => readAndUpload(hardware, bench, bare),
    },
    { rounds: ROUNDS, warmups: 2 },
  );
  const name = `${store}, ${what}`;
  const ms = median(restoring);
  const rate = (size: number, time: number) => round(size / time / 1e3);
  // Bare reading reads whole chunks, so its time is scaled to the bytes that the restoration reads.
  const fair = reading.map((time) => (time * stored) / totalBytes);
  recordRow(task, { name: `restore, ${name}`, value: round(ms), unit: "ms", bytes: stored });
  recordRow(task, { name: `restore, ${name}`, value: rate(stored, ms), unit: "MB/s" });
  recordRow(task, {
    name: `bare read, ${name}`,
    value: rate(totalBytes, median(reading)),
    unit: "MB/s",
  });
  recordRow(task, {
    name: `restore / bare read, ${name}`,
    value: round(medianRatio(fair, restoring)),
    unit: "ratio",
  });
  // What a reader that does nothing but hand over and upload reaches: software GPUs take the same cores.
  recordRow(task, {
    name: `bare read and upload / bare read, ${name}`,
    value: round(medianRatio(reading, uploading)),
    unit: "ratio",
  });
  await close();
  return ms;
}

describe("Pip", () => {
  for (const length of PIP_LENGTHS)
    deviceTest(`${length} tokens`, async ({ hardware, task }) => {
      const { transformer } = await loadTransformer(hardware, "/models/pip-4.7m/mlc-q0f16/");
      const tokens = randomTokens(length);
      const startMs = performance.now();
      const options = { start: 0, output: "none", signal: NEVER } as const;
      await prefill(hardware.device, transformer, Uint32Array.from(tokens), options);
      await hardware.device.queue.onSubmittedWorkDone();
      // A prefill takes a thousand times as long as the restoration, so it is measured once.
      const prefillMs = performance.now() - startMs;
      const what = `${length} tokens`;
      recordRow(task, { name: `prefill, ${what}`, value: round(prefillMs), unit: "ms" });
      for (const store of ["IndexedDB", "OPFS"] as const) {
        const ms = await compare({ hardware, task }, transformer.cache, { store, tokens, what });
        recordRow(task, {
          name: `prefill / restore, ${store}, ${what}`,
          value: round(prefillMs / ms),
          unit: "ratio",
        });
      }
    });
});

describe("a cache as wide as Qwen3-0.6B's", () => {
  for (const store of ["IndexedDB", "OPFS"] as const)
    deviceTest(`512 tokens, ${store}`, async ({ hardware, task }) => {
      const cache = new KvCache(hardware.device, WIDE);
      const tokens = randomTokens(WIDE.contextTokens);
      await compare({ hardware, task }, cache, { store, tokens, what: "wide, 512 tokens" });
    });
});
