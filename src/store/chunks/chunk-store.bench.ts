import * as Comlink from "comlink";
import { afterAll, test } from "vitest";
import type { KvStoreApi, ReadReply, ReadRequest } from "../../protocol/kv-store-api.ts";
import { recordRow } from "../../metrics/bench-rows.ts";
import { measureInTurns, median, medianRatio, summarize } from "../../metrics/samples.ts";
import type { Kind, StoreBench } from "./chunk-store-bench.worker.ts";
import { createChecksum } from "../bytes/checksum.ts";
import { chunkAt, commitOf, keyOf } from "./chunk-fixtures-testing.ts";

const KIB = 2 ** 10;
const MIB = 2 ** 20;
const TOTAL = 32 * MIB;
const COMMIT = 16 * MIB;
const ROUNDS = 5;
/** How many values the bare reading reads at the same time; it is fastest with this number. */
const RAW_WINDOW = 8;

const KINDS: readonly Kind[] = ["Blob", "Uint8Array", "OPFS file"];
const SIZES = [64 * KIB, 256 * KIB, MIB, 4 * MIB];

const running = new Worker(new URL("./chunk-store-bench.worker.ts", import.meta.url), {
  type: "module",
});
const bench = Comlink.wrap<StoreBench>(running);
afterAll(async () => {
  await bench.clear();
  running.terminate();
});

const sizeName = (bytes: number) => (bytes < MIB ? `${bytes / KIB} KiB` : `${bytes / MIB} MiB`);
const round = (value: number): number => Number(value.toPrecision(3));

const rateRow = (name: string, samplesMs: readonly number[], bytes = TOTAL) => {
  const { medianMs, spread } = summarize(samplesMs);
  return { name, value: round(bytes / medianMs / 1000), unit: "MB/s", spread: round(spread) };
};

const candidates = <T extends string>(names: readonly T[], run: (name: T) => unknown) =>
  Object.fromEntries(names.map((name) => [name, () => run(name)])) as Record<T, () => unknown>;

for (const valueBytes of SIZES) {
  const size = sizeName(valueBytes);
  // Small values take long, so fewer bytes of them are enough.
  const totalBytes = Math.min(TOTAL, 128 * valueBytes);
  const loadOf = (kind: Kind) => ({ kind, valueBytes, totalBytes });

  test(`values of ${size}`, async ({ task }) => {
    const writes = await measureInTurns(
      candidates(KINDS, (kind) => bench.write(loadOf(kind))),
      { rounds: ROUNDS },
    );
    for (const kind of KINDS)
      recordRow(task, rateRow(`write ${size}, ${kind}`, writes[kind], totalBytes));
    // Writing another kind has removed the files, so they are written once more.
    await bench.write(loadOf("OPFS file"));

    for (const window of [1, 4, 8]) {
      const reads = await measureInTurns(
        candidates(KINDS, (kind) => bench.read(loadOf(kind), { window })),
        { rounds: ROUNDS },
      );
      for (const kind of KINDS)
        recordRow(
          task,
          rateRow(`read ${size}, ${kind}, window ${window}`, reads[kind], totalBytes),
        );
    }
  });
}

test("the checksum, alone and in a read", async ({ task }) => {
  const checksum = await createChecksum();
  const value = new Uint8Array(MIB);
  const load = { kind: "Blob" as const, valueBytes: MIB, totalBytes: TOTAL };
  await bench.write(load);
  const samples = await measureInTurns(
    {
      alone: () => {
        for (let done = 0; done < TOTAL; done += MIB) checksum(keyOf("a"), value);
      },
      checked: () => bench.read(load, { window: RAW_WINDOW, checked: true }),
      unchecked: () => bench.read(load, { window: RAW_WINDOW }),
    },
    { rounds: 9 },
  );
  recordRow(task, rateRow("checksum alone, 1 MiB", samples.alone));
  recordRow(task, rateRow("read 1 MiB, Blob, window 8, checked", samples.checked));
  recordRow(task, rateRow("read 1 MiB, Blob, window 8, unchecked", samples.unchecked));
  recordRow(task, {
    name: "checked / unchecked read",
    value: round(medianRatio(samples.unchecked, samples.checked)),
    unit: "ratio",
  });
});

/** Reads all values through the API, as the engine does. */
async function readAll(kv: KvStoreApi, keys: readonly ReadRequest[]) {
  const { port1, port2 } = new MessageChannel();
  let left = keys.length;
  const all = new Promise<void>((resolve, reject) => {
    port1.onmessage = ({ data }: MessageEvent<ReadReply>) => {
      if (!data.value) reject(new Error("a value that was committed is not there"));
      if (--left === 0) resolve();
    };
  });
  await kv.readAll(keys, Comlink.transfer(port2, [port2]));
  await all;
  port1.close();
}

for (const [kvBytes, kind] of [
  ["indexeddb", "Blob"],
  ["opfs", "OPFS file"],
] as const)
  test(`through the API, ${kvBytes}`, async ({ task }) => {
    const { port1, port2 } = new MessageChannel();
    await bench.serveKv(Comlink.transfer(port1, [port1]), kvBytes);
    const kv = Comlink.wrap<KvStoreApi>(port2);
    // The chunks lie along one path and have four groups of 1 MiB each. Each commit is one transaction.
    const path = "abcdefgh";
    const chunk = (end: number) => chunkAt(path.slice(0, end), [MIB, MIB, MIB, MIB]);
    const perCommit = COMMIT / (4 * MIB);
    const commit = async () => {
      for (let end = 1; end <= path.length; end += perCommit) {
        const writes = Array.from({ length: perCommit }, (_, index) => chunk(end + index));
        const startMs = performance.now();
        await kv.commit(commitOf("c", [], { writes }));
        commitMs.push(performance.now() - startMs);
      }
    };
    const commitMs: number[] = [];
    await commit();
    recordRow(task, rateRow(`commit 4 × 4 × 1 MiB, ${kvBytes}`, commitMs, COMMIT));

    const keys = Array.from({ length: TOTAL / MIB }, (_, index) =>
      keyOf(path.slice(0, Math.floor(index / 4) + 1), index % 4),
    );
    const load = { kind, valueBytes: MIB, totalBytes: TOTAL };
    await bench.write(load);
    const samples = await measureInTurns(
      { api: () => readAll(kv, keys), raw: () => bench.read(load, { window: RAW_WINDOW }) },
      { rounds: ROUNDS },
    );
    const name = `1 MiB, ${kvBytes}`;
    recordRow(task, rateRow(`readAll() ${name}`, samples.api));
    recordRow(task, rateRow(`bare read ${name}`, samples.raw));
    recordRow(task, {
      name: `readAll() / bare read, ${name}`,
      value: round(medianRatio(samples.raw, samples.api)),
      unit: "ratio",
      medianMs: round(median(samples.api)),
    });
    port2.close();
  });
