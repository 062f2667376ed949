import { describe } from "vitest";
import {
  linearParams,
  type LinearOutput,
  type LinearShape,
} from "../../../shaders/forward/linear.ts";
import {
  streamReadGrid,
  streamReadSource,
  streamReadSumBytes,
} from "../../../shaders/forward/stream-read.ts";
import { packWeights } from "../../../shaders/testing.ts";
import type { WeightFormat } from "../../../shaders/forward/weight-format.ts";
import { prepareWork, runWork, submitWork, type Work } from "../../device/bench-work.ts";
import { stagingBuffer } from "../../device/buffers.ts";
import { readMapped } from "../../device/readback.ts";
import { deviceTest, type DeviceHarness } from "../../device/testing.ts";
import { rowBytes } from "../../kv/cache/kv-cache.ts";
import { recordRow } from "../../metrics/bench-rows.ts";
import { measureInTurns, median, medianRatio } from "../../metrics/samples.ts";
import { chooseKernels } from "./kernels.ts";
import type { ModelConfig } from "../model-config.ts";
import { weightsOf } from "../architectures/architecture.ts";
import { architectureOf } from "../architectures/architectures.ts";
import { prefill } from "./prefill.ts";
import { replay } from "./replay.ts";
import { loadTransformer } from "../testing.ts";
import { modelBytes } from "../model-bytes.ts";
import { storedAs } from "../model-outline.ts";

const PREFILL_TOKENS = 256;
/** Position at which the tokens begin that the quality guard runs again. */
const REPLAY_START = 384;
const REPLAYED = 128;
const ROUNDS = 7;

const round = (value: number): number => Number(value.toPrecision(3));

/** The shapes of the four matrix products of a layer. */
function layerProducts(config: ModelConfig): { shape: LinearShape; output: LinearOutput }[] {
  const { hidden, ffn, heads, kvHeads, headDim } = config;
  const qkvRows = (heads + 2 * kvHeads) * headDim;
  return [
    { shape: { rows: qkvRows, columns: hidden }, output: "store" },
    { shape: { rows: hidden, columns: heads * headDim }, output: "add" },
    { shape: { rows: 2 * ffn, columns: hidden }, output: "swiglu" },
    { shape: { rows: hidden, columns: ffn }, output: "add" },
  ];
}

/** Runs all matrix products of a prefill step and nothing else, each layer with weights of its own. */
async function productsAlone(hardware: DeviceHarness, config: ModelConfig, format: WeightFormat) {
  const { matmul } = chooseKernels(hardware.adapter, config);
  const work: Work[] = [];
  for (const { shape, output } of layerProducts(config)) {
    const { rows, columns } = shape;
    const bytes = packWeights(format, hardware.randomFloat32(rows * columns), shape);
    const shared = {
      x: hardware.upload(hardware.randomFloat32(PREFILL_TOKENS * columns)),
      y: hardware.empty(PREFILL_TOKENS * rows * 4),
      params: hardware.uniformOf(linearParams(shape)),
      step: hardware.uniform(0, PREFILL_TOKENS),
    };
    for (let layer = 0; layer < config.layers; layer++)
      work.push(
        await prepareWork(
          hardware,
          matmul.source(format, output),
          { ...shared, weights: hardware.upload(bytes) },
          matmul.grid(shape, PREFILL_TOKENS),
        ),
      );
  }
  return work.flat();
}

function prefillFlops(config: ModelConfig) {
  const { layers, heads, headDim } = config;
  const weights = layerProducts(config).reduce(
    (sum, { shape }) => sum + shape.rows * shape.columns,
    0,
  );
  const pairs = (PREFILL_TOKENS * (PREFILL_TOKENS + 1)) / 2;
  return {
    products: 2 * PREFILL_TOKENS * weights * layers,
    // Scores and weighted values take two multiplications and two additions for each channel and pair.
    attention: 4 * pairs * heads * headDim * layers,
  };
}

/**
 * The least time that a decode step could take, in ms: its bytes read once by a kernel that does nothing else, as many
 * empty dispatches, and a readback of four bytes.
 */
async function decodeBound(hardware: DeviceHarness, bytes: number, dispatches: number) {
  const stream = (size: number) =>
    prepareWork(
      hardware,
      streamReadSource,
      {
        data: hardware.empty(Math.ceil(size / 16) * 16),
        sums: hardware.empty(streamReadSumBytes(size)),
      },
      streamReadGrid(size),
    );
  const nothing = await stream(16);
  const work: Work = [
    ...(await stream(bytes)),
    ...Array.from({ length: dispatches - 1 }, () => nothing).flat(),
  ];
  const token = hardware.empty(4);
  const staging = stagingBuffer(hardware.device, "token", 4);
  return async () => {
    submitWork(hardware, work, (encoder) => {
      encoder.copyBufferToBuffer(token, 0, staging, 0, 4);
    });
    await readMapped(staging, () => undefined);
  };
}

describe.each([
  { quantization: "q0f16", format: "f16" as const },
  { quantization: "q4f16_1", format: "q4-f16" as const },
])("Pip $quantization", ({ quantization, format }) => {
  deviceTest("prefill beside its matrix products alone", async ({ hardware, task }) => {
    const { transformer, config } = await loadTransformer(
      hardware,
      `/models/pip-4.7m/mlc-${quantization}/`,
    );
    const alone = await productsAlone(hardware, config, format);
    const tokens = new Uint32Array(PREFILL_TOKENS).map((_, i) => i % config.vocab);
    const samples = await measureInTurns(
      {
        prefill: () => {
          transformer.prefillStep(tokens, 0, "none");
          return hardware.device.queue.onSubmittedWorkDone();
        },
        products: () => runWork(hardware, alone),
      },
      { rounds: ROUNDS },
    );
    const flops = prefillFlops(config);
    const prefillMs = median(samples.prefill);
    const productsMs = median(samples.products);
    const name = `${quantization} ${PREFILL_TOKENS} tokens`;
    const prefillRate = (flops.products + flops.attention) / prefillMs / 1e6;
    const productRate = flops.products / productsMs / 1e6;
    recordRow(task, {
      name: `prefill, ${name}`,
      value: round(prefillRate),
      unit: "GFLOP/s",
      tokensPerSecond: round((PREFILL_TOKENS * 1000) / prefillMs),
    });
    recordRow(task, {
      name: `its products alone, ${name}`,
      value: round(productRate),
      unit: "GFLOP/s",
    });
    recordRow(task, {
      name: `prefill / products, ${name}`,
      value: round(prefillRate / productRate),
      unit: "ratio",
      timeRatio: round(medianRatio(samples.products, samples.prefill)),
    });
  });

  for (const context of [64, 1024])
    deviceTest(`decode beside its bound at ${context} positions`, async ({ hardware, task }) => {
      const { transformer, config } = await loadTransformer(
        hardware,
        `/models/pip-4.7m/mlc-${quantization}/`,
      );
      const history = new Uint32Array(context).map((_, i) => i % config.vocab);
      const { signal } = new AbortController();
      await prefill(hardware.device, transformer, history, { start: 0, output: "none", signal });
      await hardware.device.queue.onSubmittedWorkDone();

      const noContext = { ...config, contextTokens: 0 };
      const weights = storedAs(weightsOf(architectureOf(config.architecture), noContext), format);
      const bytes =
        modelBytes({ config: noContext, weights }).bytes +
        config.layers * context * rowBytes(config);
      const dispatches = transformer.decodeDispatches;
      const bound = await decodeBound(hardware, bytes, dispatches);
      const samples = await measureInTurns(
        {
          decode: () => {
            transformer.decodeStep(1, context - 1, "token");
            return transformer.readToken();
          },
          bound,
        },
        { rounds: 15, warmups: 3 },
      );
      const name = `${quantization} after ${context} tokens`;
      recordRow(task, {
        name: `decode, ${name}`,
        value: round(median(samples.decode)),
        unit: "ms",
        bytes,
        dispatches,
      });
      recordRow(task, {
        name: `its bytes, dispatches and readback alone, ${name}`,
        value: round(median(samples.bound)),
        unit: "ms",
      });
      recordRow(task, {
        name: `bound / decode, ${name}`,
        value: round(medianRatio(samples.bound, samples.decode)),
        unit: "ratio",
      });
    });

  deviceTest(
    "known tokens, all their logits: at once, and one by one",
    async ({ hardware, task }) => {
      const { transformer, config } = await loadTransformer(
        hardware,
        `/models/pip-4.7m/mlc-${quantization}/`,
      );
      const { signal } = new AbortController();
      const tokens = new Uint32Array(REPLAY_START + REPLAYED).map((_, i) => i % config.vocab);
      const history = tokens.slice(0, REPLAY_START);
      const replayed = tokens.slice(REPLAY_START);
      await prefill(hardware.device, transformer, history, { start: 0, output: "none", signal });
      const samples = await measureInTurns(
        {
          atOnce: () => replay(transformer, replayed, { start: REPLAY_START, signal }),
          oneByOne: async () => {
            for (const [i, token] of replayed.entries()) {
              transformer.decodeStep(token, REPLAY_START + i, "logits");
              await transformer.readLogits();
            }
          },
        },
        { rounds: ROUNDS },
      );
      const name = `${quantization} ${REPLAYED} tokens after ${REPLAY_START}`;
      recordRow(task, {
        name: `replay, ${name}`,
        value: round(median(samples.atOnce)),
        unit: "ms",
      });
      recordRow(task, {
        name: `replay / token by token, ${name}`,
        value: round(medianRatio(samples.atOnce, samples.oneByOne)),
        unit: "ratio",
      });
    },
  );
});
