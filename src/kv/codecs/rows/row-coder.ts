import type { Device, DeviceBuffer } from "../../../device/device.ts";
import {
  codedLayout,
  preconditionsKeys,
  runParams,
  type RowCode,
  type RowRun,
} from "../../../../shaders/rows/coded-layout.ts";
import {
  dequantizeRowsGrid,
  dequantizeRowsSource,
} from "../../../../shaders/rows/dequantize-rows.ts";
import { quantizeRowsGrid, quantizeRowsSource } from "../../../../shaders/rows/quantize-rows.ts";
import { rotationTable } from "../../../../shaders/forward/rope-append.ts";
import {
  preconditionKeysGrid,
  preconditionKeysSource,
} from "../../../../shaders/rows/precondition-keys.ts";
import { storageBuffer, uploadStorage, uploadUniform } from "../../../device/buffers.ts";
import { dispatchAll, submit, type Stage } from "../../../device/commands.ts";
import { bindKernel, compileKernel } from "../../../device/kernel.ts";
import { recordReadback } from "../../../device/readback.ts";
import { assert } from "../../../shared/assert.ts";
import { CHUNK_TOKENS } from "../../cache/chunk-layout.ts";
import type { KvCache, KvShape } from "../../cache/kv-cache.ts";
import type { CodedLayer, DecodedRun } from "../codec.ts";

/** Codes rows of a KV cache with one codec. */
export interface RowCoder {
  /** Bytes of one layer's coded run of this many tokens. */
  codedBytes(tokens: number): number;
  /**
   * Submits the coding of the same run of some layers. Steps that are submitted after the call change
   * nothing.
   *
   * @returns each layer's bytes, in the order of `layers`. Rejects if the device is lost.
   */
  encode(layers: readonly number[], run: RowRun): Promise<Uint8Array<ArrayBuffer>[]>;
  /** Submits the decoding of one layer's run into the cache, and does not wait for it. */
  decode(layer: number, run: DecodedRun, bytes: Uint8Array<ArrayBuffer>): void;
  /** Decodes the same run of several layers, each at most once, in one submission. */
  decodeLayers(layers: readonly Pick<CodedLayer, "layer" | "coded">[], run: DecodedRun): void;
  /** Frees the buffers, once what was submitted is done. */
  destroy(): void;
}

interface Options {
  /** RoPE's angle per position: [headDim / 2], in radians. */
  frequencies: readonly number[];
  /** The most tokens of a run. */
  maxTokens?: number;
}

interface Buffers {
  rotation: DeviceBuffer;
  keys: DeviceBuffer;
  run: DeviceBuffer;
  /** One buffer of each layer, so that one submission can code all layers. */
  coded: readonly DeviceBuffer[];
}
type RowStage = Stage<[run: RowRun]>;
/** The stages that a layer's rows pass through. */
interface LayerStages {
  coded: DeviceBuffer;
  encode: readonly RowStage[];
  decode: readonly RowStage[];
}

/** Compiles the kernels and binds them to every layer of the cache, once. */
export async function createRowCoder(
  device: Device,
  cache: KvCache,
  code: RowCode,
  { frequencies, maxTokens = CHUNK_TOKENS }: Options,
): Promise<RowCoder> {
  assert(frequencies.length * 2 === cache.shape.headDim, `${frequencies.length} frequencies`);
  const buffers = allocate(device, cache.shape, code, { frequencies, maxTokens });
  const stages = await bindStages(device, cache, code, buffers);
  const codedBytes = (tokens: number) => codedLayout(code, cache.shape, tokens).words * 4;
  const begin = (run: RowRun) => {
    const { start, tokens } = run;
    assert(start >= 0 && start + tokens <= cache.shape.contextTokens, `no rows from ${start}`);
    assert(tokens <= maxTokens, `${tokens} tokens are more than ${maxTokens}`);
    device.queue.writeBuffer(buffers.run, 0, runParams(run));
  };
  const stagesOf = (layer: number) => stagesAt(stages, layer);
  const decodeLayers: RowCoder["decodeLayers"] = (layers, { start, tokens, skip = 0 }) => {
    const run = { start, tokens, skip };
    const expected = codedBytes(tokens);
    begin(run);
    for (const { layer, coded } of layers) {
      const { length } = coded;
      assert(length === expected, `${length} bytes are not the ${expected} of the run`);
      device.queue.writeBuffer(stagesOf(layer).coded, 0, coded);
    }
    const decoding = layers.flatMap(({ layer }) => stagesOf(layer).decode);
    submit(device, (encoder) => {
      dispatchAll(encoder, decoding, run);
    });
  };
  return {
    codedBytes,
    decodeLayers,
    encode(layers, run) {
      begin(run);
      const bytes = codedBytes(run.tokens);
      const own = layers.map(stagesOf);
      const encoding = own.flatMap(({ encode }) => encode);
      const ranges = own.map(({ coded }) => ({ buffer: coded, offset: 0, bytes }));
      const readback = submit(device, (encoder) => {
        dispatchAll(encoder, encoding, run);
        return recordReadback(device, encoder, "coded rows", ranges);
      });
      return readback.read((mapped) => piecesOf(mapped, bytes));
    },
    decode(layer, run, bytes) {
      decodeLayers([{ layer, coded: bytes }], run);
    },
    destroy() {
      const { coded, ...shared } = buffers;
      for (const buffer of [...coded, ...Object.values(shared)]) buffer.destroy();
    },
  };
}

function stagesAt(stages: readonly LayerStages[], layer: number): LayerStages {
  const found = stages[layer];
  assert(found !== undefined, `there is no layer ${layer}`);
  return found;
}

/** Buffers for one run at a time: the queue keeps runs in order. */
function allocate(
  device: Device,
  shape: KvShape,
  code: RowCode,
  { frequencies, maxTokens }: Required<Options>,
): Buffers {
  const { kvHeads, headDim, contextTokens } = shape;
  // A binding is never empty: where a kernel does not use a buffer, a few numbers are bound.
  const table = code.unrope ? rotationTable(frequencies, contextTokens) : new Float32Array(4);
  const keys = preconditionsKeys(code) ? maxTokens * kvHeads * headDim : 2;
  const coded = codedLayout(code, shape, maxTokens).words;
  return {
    rotation: uploadStorage(device, "row coder rotation", table),
    keys: storageBuffer(device, "row coder keys", keys * 4),
    coded: Array.from({ length: shape.layers }, () =>
      storageBuffer(device, "row coder coded", coded * 4),
    ),
    run: uploadUniform(device, "row coder", new Uint32Array(3)),
  };
}

async function bindStages(
  device: Device,
  cache: KvCache,
  code: RowCode,
  buffers: Buffers,
): Promise<LayerStages[]> {
  const { shape } = cache;
  const [quantize, dequantize, forward, inverse] = await Promise.all([
    compileKernel(device, quantizeRowsSource(code, shape)),
    compileKernel(device, dequantizeRowsSource(code, shape)),
    ...(["forward", "inverse"] as const).map((direction) =>
      preconditionsKeys(code)
        ? compileKernel(device, preconditionKeysSource(code, shape, direction))
        : undefined,
    ),
  ]);
  return cache.layers.map((layer, i): LayerStages => {
    const coded = buffers.coded[i];
    assert(coded !== undefined, `there is no layer ${i}`);
    const bound = { ...buffers, coded, cache: layer };
    const preconditionGrid = (run: RowRun) => preconditionKeysGrid(code, shape, run);
    const precondition = (kernel: typeof forward): RowStage[] =>
      kernel ? [{ bound: bindKernel(device, kernel, bound), grid: preconditionGrid }] : [];
    const quantizing: RowStage = {
      bound: bindKernel(device, quantize, bound),
      grid: (run) => quantizeRowsGrid(code, shape, run),
    };
    const dequantizing: RowStage = {
      bound: bindKernel(device, dequantize, bound),
      grid: (run) => dequantizeRowsGrid(shape, run),
    };
    return {
      coded,
      encode: [...precondition(forward), quantizing],
      decode: [dequantizing, ...precondition(inverse)],
    };
  });
}

/** Copies of consecutive pieces of `bytes` bytes each. */
function piecesOf(mapped: ArrayBuffer, bytes: number): Uint8Array<ArrayBuffer>[] {
  const all = new Uint8Array(mapped);
  return Array.from({ length: all.length / bytes }, (_, i) =>
    all.slice(i * bytes, (i + 1) * bytes),
  );
}
