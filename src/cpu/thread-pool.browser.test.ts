import { compileKernels } from "virtual:processor-kernels";
import { expect, onTestFinished, test } from "vitest";
import type { Device } from "../device/device.ts";
import type { KernelSource } from "../device/kernel.ts";
import { DeviceHarness } from "../device/testing.ts";
import { PROCESSOR_ADAPTER, ProcessorDevice } from "./processor-device.ts";
import { ProcessorMemory } from "./processor-memory.ts";
import { requestProcessor } from "./request-processor.ts";
import { bufferStart, ThreadPool, type OtherThreads, type StartThread } from "./thread-pool.ts";

const inWorker =
  (open: () => Worker): StartThread =>
  (start, onFail) => {
    const worker = open();
    worker.onerror = ({ message }) => {
      onFail(message);
    };
    worker.postMessage(start);
    return worker;
  };

const THREAD = new URL("../../workers/processor-thread.worker.ts", import.meta.url);

const startThread = inWorker(() => new Worker(THREAD, { type: "module" }));

const startDyingThread = inWorker(
  () => new Worker(new URL("./testing-dying-thread.ts", import.meta.url), { type: "module" }),
);

const startTrappingThread = inWorker(
  () => new Worker(new URL("./testing-trapping-thread.ts", import.meta.url), { type: "module" }),
);

function harnessOf(device: Device): DeviceHarness {
  const harness = new DeviceHarness({
    device,
    adapter: PROCESSOR_ADAPTER,
    kind: "processor",
  });
  onTestFinished(() => {
    device.destroy();
  });
  return harness;
}

const openAnsweringThread = () =>
  new Worker(new URL("./testing-answering-thread.ts", import.meta.url), { type: "module" });

/** A device of so many threads, the test's own among them. */
async function newPool(threads: number, others: Partial<OtherThreads> = {}) {
  const module = await compileKernels(true);
  const memory = new ProcessorMemory(true, bufferStart(threads));
  const made: { device?: ProcessorDevice } = {};
  const onFail = (reason: string) => made.device?.fail(reason);
  const all = { count: threads - 1, start: startThread, onFail, ...others };
  const pool = new ThreadPool(module, memory, all);
  const device = new ProcessorDevice(memory, pool);
  made.device = device;
  return { pool, memory, harness: harnessOf(device) };
}

const nextEvent = (): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve);
  });

const ROWS = 512;
const COLUMNS = 256;
const TOKENS = 24;

/** A kernel of the processor alone. */
const kernel = (
  name: string,
  bindings: KernelSource<string>["bindings"],
  settings: Pick<KernelSource<string>, "constants" | "options">,
): KernelSource<string> => ({ label: name, name, wgsl: [], bindings, ...settings });

const MATMUL_BINDINGS = {
  weights: "read",
  x: "read",
  y: "write",
  params: "uniform",
  step: "uniform",
} as const;

const EIGHT_BITS = { format: "affine8-f16" };

const MATMUL = kernel("matmul", MATMUL_BINDINGS, { options: EIGHT_BITS });

const MATVEC = kernel(
  "matvec",
  { ...MATMUL_BINDINGS, gain: "read" },
  { options: { ...EIGHT_BITS, norm: true } },
);

const CODED = { KV_HEADS: 3, HEAD_DIM: 64, BITS: 4, GROUP: 32, PRECONDITIONED: false };
const CODED_BINDINGS = { cache: "write", keys: "read", coded: "write", run: "uniform" } as const;
const QUANTIZE = kernel("quantize-rows", CODED_BINDINGS, { constants: CODED });
const DEQUANTIZE = kernel("dequantize-rows", CODED_BINDINGS, { constants: CODED });

/** Random bytes of f16 in (-2, 2), two to a word. */
const halves = (harness: DeviceHarness, count: number) =>
  Uint16Array.from(
    harness.randomFloat32(count),
    (x) => 0x3c00 * Math.abs(x) + (x < 0 ? 0x8000 : 0),
  );

/** Products with weights in 8 bits, as words: of many tokens, for which threads unpack weights, and of one. */
async function products(harness: DeviceHarness, source = MATMUL): Promise<Uint32Array> {
  const tokens = source === MATMUL ? TOKENS : 1;
  const weights = new Uint8Array(ROWS * COLUMNS + (ROWS * COLUMNS) / 8);
  weights.set(harness.randomFloat32(ROWS * COLUMNS).map((x) => 128 + 127 * x));
  const scales = halves(harness, (ROWS * COLUMNS) / 16);
  weights.set(new Uint8Array(scales.buffer), ROWS * COLUMNS);
  const epsilon = 0x3727c5ac; // 1e-5
  const buffers = {
    weights: harness.upload(weights),
    x: harness.upload(harness.randomFloat32(tokens * COLUMNS)),
    gain: harness.upload(harness.randomFloat32(COLUMNS)),
    y: harness.empty(4 * tokens * ROWS),
    params: harness.uniform(ROWS, COLUMNS, epsilon, 0),
    step: harness.uniform(0, tokens),
  };
  await harness.run(source, buffers, [1]);
  return harness.readUint32(buffers.y);
}

/** Rows that are coded and decoded again, as words. */
async function codedRows(harness: DeviceHarness): Promise<Uint32Array> {
  const cache = harness.upload(halves(harness, 128 * 2 * 192));
  const coded = harness.empty(128 * 2 * 192);
  const buffers = { cache, coded, keys: cache, run: harness.uniform(0, 128, 4) };
  await harness.run(QUANTIZE, buffers, [1]);
  await harness.run(DEQUANTIZE, buffers, [1]);
  return harness.readUint32(cache);
}

/** What several kernels compute, always from the same numbers. */
async function results(device: Device): Promise<Uint32Array[]> {
  const harness = harnessOf(device);
  const all = [await products(harness), await products(harness, MATVEC), await codedRows(harness)];
  harness.destroy();
  return all;
}

test("the page is isolated, so that threads can share memory", () => {
  expect(crossOriginIsolated).toBe(true);
});

test.each([2, 3, 5])("%i threads compute what one computes, bit for bit", async (threads) => {
  const { device: alone } = await requestProcessor();
  const expected = await results(alone);
  const { memory, harness } = await newPool(threads);
  /** Whether a thread has used its own memory. */
  const tookPart = (thread: number) =>
    memory.bytes.subarray(bufferStart(thread), bufferStart(thread) + 4096).some((byte) => byte > 0);
  const others = Array.from({ length: threads - 1 }, (_, i) => i + 1);
  do {
    expect(await results(harness.device)).toEqual(expected);
    await nextEvent();
  } while (!others.every(tookPart));
  expect(await results(harness.device)).toEqual(expected);
});

test("a thread without work handles its events, so that it can be ended at once, and works again", async () => {
  const { device: alone } = await requestProcessor();
  const expected = await results(alone);
  const worker = openAnsweringThread();
  const { harness } = await newPool(2, { start: inWorker(() => worker) });
  for (let round = 0; round < 2; round++) {
    expect(await results(harness.device)).toEqual(expected);
    const answer = new Promise((resolve) => {
      worker.onmessage = ({ data }) => {
        resolve(data);
      };
    });
    worker.postMessage("still there");
    expect(await answer).toBe("still there");
  }
});

test("of many small jobs each gets its own arguments and all of its items", async () => {
  const { pool, memory, harness } = await newPool(4);
  await products(harness); // the threads are started
  const data = memory.allocate(16 * 1000)?.at ?? 0;
  const sums = memory.allocate(256 * 32)?.at ?? 0;
  for (let i = 0; i < 4000; i++) memory.words[data / 4 + i] = i;
  for (let job = 0; job < 5000; job++) {
    const [quad, groups] = [job % 1000, 2 + (job % 31)];
    memory.bytes.fill(0xff, sums, sums + 256 * groups);
    pool.run("streamRead", [data + 16 * quad, 1, sums], groups);
    const found = Array.from({ length: groups }, (_, i) => memory.words[sums / 4 + 64 * i]);
    const sum = 16 * quad + 6;
    if (found.every((word, i) => word === (i === 0 ? sum : 0))) continue;
    expect(found, `job ${job}`).toEqual([sum, ...new Array<number>(groups - 1).fill(0)]);
  }
});

/** Gives a device work until it is lost, and says why it was. */
async function reasonOfLoss(harness: DeviceHarness): Promise<string> {
  const state: { message?: string } = {};
  void harness.device.lost.then(({ message }) => (state.message = message));
  while (state.message === undefined) {
    // Once the device is lost, work is refused.
    await products(harness).catch(() => undefined);
    await nextEvent();
  }
  return state.message;
}

test("a thread that dies with items in its hands is an error, and nothing hangs", async () => {
  const { harness } = await newPool(2, { start: startDyingThread, longestSilenceMs: 300 });
  expect(await reasonOfLoss(harness)).toMatch(
    /^A thread of the processor does not answer \(\w+\)\.$/,
  );
});

test("a thread that traps is an error at once", async () => {
  const { harness } = await newPool(2, { start: startTrappingThread });
  // If it were noticed by the thread's silence alone, the reason would be another.
  expect(await reasonOfLoss(harness)).toBe("A thread of the processor trapped (matmul).");
});

test("a thread whose script is not there loses the device", async () => {
  const missing = inWorker(() => new Worker("/not-there.js", { type: "module" }));
  const reasons: string[] = [];
  const { harness } = await newPool(2, {
    start: (start, onFail) =>
      missing(start, (reason) => {
        reasons.push(reason);
        onFail("the thread has no script");
      }),
  });
  expect(await reasonOfLoss(harness)).toBe("the thread has no script");
  expect(reasons).toHaveLength(1);
});

test("where a thread never starts, the others do its work", async () => {
  const { device: alone } = await requestProcessor();
  const { harness } = await newPool(2, { start: () => ({ terminate: () => undefined }) });
  expect(await results(harness.device)).toEqual(await results(alone));
});

test("threads end with their device", async () => {
  const ended: number[] = [];
  const { harness } = await newPool(3, {
    start: (start, onFail) => {
      const thread = startThread(start, onFail);
      return {
        terminate: () => {
          ended.push(start.thread);
          thread.terminate();
        },
      };
    },
  });
  await products(harness);
  harness.device.destroy();
  expect(ended).toEqual([1, 2]);
});
