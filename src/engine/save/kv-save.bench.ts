import * as Comlink from "comlink";
import { describe } from "vitest";
import { deviceTest } from "../../device/testing.ts";
import { CHUNK_TOKENS } from "../../kv/cache/chunk-layout.ts";
import { recordRow } from "../../metrics/bench-rows.ts";
import { measureInTurns, median, medianRatio } from "../../metrics/samples.ts";
import { prefill } from "../../model/forward/prefill.ts";
import { loadTransformer } from "../../model/testing.ts";
import type { StoreApi } from "../../protocol/store-api.ts";
import { KvConnection } from "../sequence/kv-connection.ts";
import { KvSaver } from "./kv-saver.ts";
import { ResidentSequence } from "../sequence/resident-sequence.ts";

/** Tokens decoded in a round: the chunk becomes full in the middle, and is stored while the rest is decoded. */
const DECODED = 64;
const ROUNDS = 9;

/** The store in its own worker, as the page has it, and a port to it. */
async function connectStore(): Promise<KvConnection> {
  const url = new URL("../../../workers/store.worker.ts", import.meta.url);
  const worker = Comlink.wrap<StoreApi>(new Worker(url, { type: "module", name: "bench" }));
  await worker.clearKv();
  const { port1, port2 } = new MessageChannel();
  await worker.serveKv(Comlink.transfer(port1, [port1]));
  return new KvConnection(port2);
}

const round = (value: number): number => Number(value.toPrecision(3));

describe("saving while a reply is decoded", () => {
  deviceTest("what it costs the tokens", async ({ hardware, task }) => {
    const { transformer, config } = await loadTransformer(hardware, "/models/pip-4.7m/mlc-q0f16/");
    const store = await connectStore();
    const { signal } = new AbortController();
    const start = CHUNK_TOKENS - DECODED / 2;
    const history = Uint32Array.from({ length: start }, (_, i) => (i * 7) % config.vocab);
    await prefill(hardware.device, transformer, history, { start: 0, output: "none", signal });

    let runs = 0;
    let bytesWritten = 0;
    const decode = async (saving: boolean) => {
      const resident = new ResidentSequence();
      resident.append(history);
      // Every round has a fingerprint of its own, so that it really stores.
      const kvFingerprint = (++runs).toString(16).padStart(32, "0");
      const model = {
        hardware,
        cache: transformer.cache,
        resident,
        kvFingerprint,
        kvVariant: "d".repeat(16),
      };
      const saver = new KvSaver({
        model,
        store,
        onMeasure: ({ detail }) => {
          if ("bytesWritten" in detail) bytesWritten += detail.bytesWritten;
        },
      });
      for (let i = 0; i < DECODED; i++) {
        transformer.decodeStep(i, resident.length, "token");
        resident.append([i]);
        if (saving) saver.advance({ conversationId: "bench", quality: "exact" });
        await transformer.readToken();
      }
      return saver;
    };
    const savers: KvSaver[] = [];
    const samples = await measureInTurns(
      {
        saving: async () => savers.push(await decode(true)),
        without: async () => savers.push(await decode(false)),
      },
      { rounds: ROUNDS },
    );
    await Promise.all(savers.map((saver) => saver.idle()));
    const details = { tokens: DECODED, rounds: ROUNDS, bytesWritten };
    recordRow(task, {
      name: "decode while a chunk is stored",
      value: round(median(samples.saving) / DECODED),
      unit: "ms/token",
      ...details,
    });
    recordRow(task, {
      name: "decode without saving",
      value: round(median(samples.without) / DECODED),
      unit: "ms/token",
    });
    recordRow(task, {
      name: "saving / without",
      value: round(medianRatio(samples.saving, samples.without)),
      unit: "ratio",
    });
    store.close();
  });
});
