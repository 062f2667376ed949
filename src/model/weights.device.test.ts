import { expect } from "vitest";
import { formatHolding } from "../../shaders/forward/format-holding.ts";
import { randomBlocks } from "../../shaders/repack/testing.ts";
import { readBuffer } from "../device/readback.ts";
import { deviceTest, type DeviceHarness } from "../device/testing.ts";
import { decodeBlocks, type BlockType } from "../shared/gguf-blocks.ts";
import { encodeFloats } from "../shared/number-formats.ts";
import { isVector, weightsOf, type Weight } from "./architectures/architecture.ts";
import { QWEN2 } from "./architectures/qwen2.ts";
import { generateModel } from "./generate/generate-model.ts";
import type { StoredWeight } from "./model-outline.ts";
import { readLinear } from "./read-linear.ts";
import type { LoadedBlocks } from "./sources/source.ts";
import { ModelWeights, type Linear } from "./weights.ts";

const { config } = await generateModel({ architecture: "qwen2", layers: 1 });
const { heads, kvHeads, headDim, hidden, ffn } = config;

/** A tensor of a file: rows of a weight that have one type. */
interface Part {
  role: string;
  type: BlockType;
  firstRow: number;
  rows: number;
  interleaved?: boolean;
}

/** Heads of the QKV product are stored in pairs, as in files of llama; their bias, too. */
function partsOf({ role, kind, shape: [rows = 0] }: Weight): Part[] {
  const qRows = heads * headDim;
  const kRows = kvHeads * headDim;
  if (role === "qkv")
    return [
      { role, type: "Q4_1", firstRow: 0, rows: qRows, interleaved: true },
      { role, type: "Q5_0", firstRow: qRows, rows: kRows, interleaved: true },
      { role, type: "Q8_0", firstRow: qRows + kRows, rows: kRows },
    ];
  if (role === "qkvBias")
    return [
      { role, type: "F16", firstRow: 0, rows: qRows, interleaved: true },
      { role, type: "BF16", firstRow: qRows, rows: kRows, interleaved: true },
      { role, type: "F32", firstRow: qRows + kRows, rows: kRows },
    ];
  if (role === "gateUp")
    return [
      { role, type: "Q4_0", firstRow: 0, rows: ffn },
      { role, type: "Q4_0", firstRow: ffn, rows: ffn },
    ];
  if (isVector(kind)) return [{ role, type: "F32", firstRow: 0, rows }];
  return [{ role, type: role === "embedding" ? "Q8_0" : "BF16", firstRow: 0, rows }];
}

const weights: StoredWeight[] = weightsOf(QWEN2, config).map((weight) => ({
  ...weight,
  format: isVector(weight.kind) ? "f32" : formatHolding(partsOf(weight).map(({ type }) => type)),
}));

/** A part in runs of an odd number of rows, and what they stand for in the order of the file. */
function runsOf(hardware: DeviceHarness, { key, shape }: Weight, part: Part) {
  const { type, firstRow, rows, interleaved = false } = part;
  const columns = shape[1] ?? 1;
  const bytes = randomBlocks(hardware, type, rows * columns);
  const rowBytes = bytes.length / rows;
  const runs: LoadedBlocks[] = [];
  for (let row = 0; row < rows; row += 7) {
    const count = Math.min(7, rows - row);
    runs.push({
      weight: key,
      part: "blocks",
      type,
      firstRow: firstRow + row,
      shape: [count, columns],
      interleavedHeadDim: interleaved ? headDim : undefined,
      bytes: bytes.subarray(row * rowBytes, (row + count) * rowBytes),
    });
  }
  return { runs, values: decodeBlocks(type, bytes) };
}

/** The place of each row of the file in the weight: written here from the definition of the pairs. */
function placeOf(row: number, { firstRow, interleaved = false }: Part): number {
  if (!interleaved) return firstRow + row;
  const head = Math.floor(row / headDim);
  const channel = row % headDim;
  const half = channel % 2 === 0 ? 0 : headDim / 2;
  return firstRow + head * headDim + half + Math.floor(channel / 2);
}

deviceTest("weights come as blocks of several types, in any runs", async ({ hardware }) => {
  const model = new ModelWeights(hardware.device, { config, weights });
  const expected = new Map<string, Float32Array>();
  for (const weight of weights.toReversed()) {
    const columns = weight.shape[1] ?? 1;
    const whole = new Float32Array((weight.shape[0] ?? 0) * columns);
    expected.set(weight.role, whole);
    for (const part of partsOf(weight)) {
      const { runs, values } = runsOf(hardware, weight, part);
      for (let row = 0; row < part.rows; row++)
        whole.set(
          values.subarray(row * columns, (row + 1) * columns),
          placeOf(row, part) * columns,
        );
      expect(model.readyLayers).toBe(0);
      for (const run of runs) model.write(run);
    }
  }
  expect(model.readyLayers).toBe(1);

  const [layer] = model.layers;
  const matrices: Record<string, Linear | undefined> = {
    embedding: model.embedding,
    qkv: layer?.qkv,
    gateUp: layer?.gateUp,
    attentionOutput: layer?.attentionOutput,
    down: layer?.down,
  };
  for (const [role, linear] of Object.entries(matrices))
    expect(linear && (await readLinear(hardware.device, linear)), role).toEqual(expected.get(role));
  const vectors = { qkvBias: layer?.heads.qkvBias, finalNorm: model.finalNorm };
  for (const [role, buffer] of Object.entries(vectors))
    expect(buffer && new Float32Array(await readBuffer(hardware.device, buffer)), role).toEqual(
      expected.get(role),
    );
});

deviceTest("a norm as plain numbers goes to the same place as its blocks", async ({ hardware }) => {
  const model = new ModelWeights(hardware.device, { config, weights });
  const values = hardware.randomFloat32(hidden);
  const bytes = encodeFloats(values, "f32");
  const common = { weight: "finalNorm", firstRow: 0, shape: [hidden], bytes };
  model.write({ ...common, part: "values", dtype: "f32" });
  expect(new Float32Array(await readBuffer(hardware.device, model.finalNorm))).toEqual(values);
});

deviceTest("a tensor of more bytes than a run is cut into several", async ({ hardware }) => {
  // 9 MiB in F32: a run takes 8.
  const wide = { ...config, vocab: (9 * 2 ** 20) / 4 / hidden };
  const tall = weights.map((weight) =>
    weight.role === "embedding"
      ? { ...weight, shape: [wide.vocab, hidden], format: "f32" as const }
      : weight,
  );
  const model = new ModelWeights(hardware.device, { config: wide, weights: tall });
  const values = hardware.randomFloat32(wide.vocab * hidden);
  model.write({
    weight: "embedding",
    part: "blocks",
    type: "F32",
    firstRow: 0,
    shape: [wide.vocab, hidden],
    interleavedHeadDim: undefined,
    bytes: encodeFloats(values, "f32"),
  });
  const found = await readLinear(hardware.device, model.embedding);
  expect(found.length).toBe(values.length);
  expect(found.findIndex((value, i) => value !== values[i])).toBe(-1);
});
