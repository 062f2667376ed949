import type { Device, DeviceBuffer } from "../device/device.ts";
import { storageBuffer } from "../device/buffers.ts";
import type { LinearShape } from "../../shaders/forward/linear.ts";
import { isAffineFormat, type WeightFormat } from "../../shaders/forward/weight-format.ts";
import { weightRow } from "../../shaders/repack/repack.ts";
import { assert } from "../shared/assert.ts";
import { decodeBlocks } from "../shared/gguf-blocks.ts";
import { decodeFloats } from "../shared/number-formats.ts";
import { isVector, weightKey } from "./architectures/architecture.ts";
import { BlockRepacker } from "./block-repacker.ts";
import { storedBytes } from "./model-bytes.ts";
import type { ModelOutline, StoredWeight } from "./model-outline.ts";
import type { LoadedBlocks, LoadedTensor, LoadedValues } from "./sources/source.ts";

/** A weight matrix on the GPU. */
export interface Linear {
  buffer: DeviceBuffer;
  shape: LinearShape;
  format: WeightFormat;
}

/** What the steps between a layer's QKV product and its attention read, in f32. */
interface HeadWeights {
  /** [heads + 2 × kvHeads, headDim], or [heads, headDim] without K and V of its own */
  qkvBias: DeviceBuffer | undefined;
  /** [headDim] */
  queryNorm: DeviceBuffer | undefined;
  /** [headDim] */
  keyNorm: DeviceBuffer | undefined;
}

/** What the forward pass reads in a layer, by role. */
export interface LayerWeights {
  /** [hidden] f32, the format of all norms and biases. */
  attentionNorm: DeviceBuffer;
  /** [(heads + 2 × kvHeads) × headDim, hidden], or [heads × headDim, hidden] without K and V of its own */
  qkv: Linear;
  /** What is done to the heads of the QKV product takes these. Undefined where the architecture has none. */
  heads: HeadWeights;
  /** [hidden, heads × headDim] */
  attentionOutput: Linear;
  /** [hidden] */
  mlpNorm: DeviceBuffer;
  /** [2 × ffn, hidden]: the rows of the gate, then those of the up projection. */
  gateUp: Linear;
  /** [hidden, ffn] */
  down: Linear;
}

/** Where the rows of one part of a weight go. */
interface Slot {
  weight: Linear;
  /** The byte at which the first row goes. */
  offset: number;
  rowBytes: number;
  /** Whether the numbers are kept as f32, whatever they are stored as. Norms and biases are, because they are few. */
  asF32: boolean;
  missingRows: number;
  /** The first layer that waits for these rows. */
  layer: number;
}

const slotKey = (weight: string, part: LoadedTensor["part"]): string => `${weight} ${part}`;

/** All weights of a model on the GPU. They are allocated at once and then filled tensor by tensor. */
export class ModelWeights {
  /** [vocab, hidden] */
  readonly embedding: Linear;
  readonly layers: readonly LayerWeights[];
  readonly finalNorm: DeviceBuffer;
  /** [vocab, hidden]. Undefined where the embedding also serves as the head. */
  readonly head: Linear | undefined;
  readonly #device: Device;
  readonly #slots = new Map<string, Slot>();
  /** The slots that rows are still to come for. */
  readonly #missing: Set<Slot>;
  /** What blocks go through, from the first to the last of them. */
  #repacker: BlockRepacker | undefined;

  constructor(device: Device, { config, weights }: ModelOutline) {
    this.#device = device;
    const unread = new Map(weights.map((weight) => [weight.key, this.#allocate(weight)]));
    const readAny: Read<Linear | undefined> = (role, layer) => {
      const key = weightKey(role, layer);
      const linear = unread.get(key);
      unread.delete(key);
      return linear;
    };
    const read: Read<Linear> = (role, layer) => {
      const linear = readAny(role, layer);
      assert(linear !== undefined, `the architecture describes no ${weightKey(role, layer)}`);
      return linear;
    };
    this.embedding = read("embedding");
    this.layers = Array.from({ length: config.layers }, (_, layer) => ({
      ...layerOf(read, layer),
      heads: headsOf(readAny, layer),
    }));
    this.finalNorm = read("finalNorm").buffer;
    this.head = config.tiedEmbeddings ? undefined : read("head");
    const [more] = unread.keys();
    assert(more === undefined, `the forward pass does not read ${more}`);
    this.#missing = new Set(this.#slots.values());
  }

  /** How many layers, from the first on, have everything that it takes to run them. */
  get readyLayers(): number {
    let ready = this.layers.length;
    for (const { layer } of this.#missing) ready = Math.min(ready, layer);
    return ready;
  }

  /** Uploads one tensor. */
  write(tensor: LoadedTensor): void {
    const slot = this.#slots.get(slotKey(tensor.weight, tensor.part));
    assert(slot !== undefined, `there is no room for ${tensor.part} of ${tensor.weight}`);
    if (tensor.part !== "blocks") this.#writeValues(tensor, slot);
    else if (slot.asF32) this.#writeVector(tensor, slot);
    else this.#writeBlocks(tensor, slot);
    const [rows = 0] = tensor.shape;
    slot.missingRows -= rows;
    if (slot.missingRows <= 0) this.#missing.delete(slot);
    if (this.#missing.size === 0) this.#endRepacking();
  }

  #writeValues({ firstRow, dtype, bytes }: LoadedValues, slot: Slot): void {
    const data = slot.asF32 && dtype !== "u32" ? decodeFloats(bytes, dtype) : bytes;
    const offset = slot.offset + firstRow * slot.rowBytes;
    this.#device.queue.writeBuffer(slot.weight.buffer, offset, toWords(data));
  }

  /** Norms and biases are few, so they are decoded here. */
  #writeVector({ type, firstRow, interleavedHeadDim, bytes }: LoadedBlocks, slot: Slot): void {
    const { queue } = this.#device;
    const values = decodeBlocks(type, bytes);
    if (interleavedHeadDim === undefined) {
      queue.writeBuffer(slot.weight.buffer, 4 * firstRow, values);
      return;
    }
    for (let row = 0; row < values.length; row++) {
      const to = weightRow(firstRow + row, interleavedHeadDim);
      queue.writeBuffer(slot.weight.buffer, 4 * to, values, row, 1);
    }
  }

  #writeBlocks(tensor: LoadedBlocks, { weight }: Slot): void {
    const { type, firstRow, shape, interleavedHeadDim, bytes } = tensor;
    const [rows, columns] = shape;
    const run = { type, rows, columns, firstRow, interleavedHeadDim };
    const whole = { format: weight.format, weightRows: weight.shape.rows };
    this.#repacker ??= new BlockRepacker(this.#device);
    this.#repacker.write(weight.buffer, { ...run, ...whole }, bytes);
  }

  #endRepacking(): void {
    this.#repacker?.destroy();
    this.#repacker = undefined;
  }

  /** Allocates a weight's buffer. A norm or a bias counts as a matrix of one column. */
  #allocate(weight: StoredWeight): Linear {
    const { key, kind, layer, format } = weight;
    const [rows = 0, columns = 1] = weight.shape;
    const { codes, scales } = storedBytes(weight);
    const buffer = storageBuffer(this.#device, key, codes + scales);
    const linear: Linear = { buffer, shape: { rows, columns }, format };
    const common = { weight: linear, asF32: isVector(kind), missingRows: rows, layer };
    const place = (parts: LoadedTensor["part"][], offset: number, bytes: number): void => {
      const slot = { ...common, offset, rowBytes: bytes / rows };
      for (const part of parts) this.#slots.set(slotKey(key, part), slot);
    };
    if (isAffineFormat(format)) place(["blocks"], 0, codes);
    else if (scales === 0) place(["values", "blocks"], 0, codes);
    else {
      place(["codes"], 0, codes);
      place(["scales"], codes, scales);
    }
    return linear;
  }
}

/** Takes a weight by role and, if it is a layer's, by layer. */
type Read<T> = (role: string, layer?: number) => T;

const layerOf = (read: Read<Linear>, layer: number): Omit<LayerWeights, "heads"> => ({
  attentionNorm: read("attentionNorm", layer).buffer,
  qkv: read("qkv", layer),
  attentionOutput: read("attentionOutput", layer),
  mlpNorm: read("mlpNorm", layer).buffer,
  gateUp: read("gateUp", layer),
  down: read("down", layer),
});

const headsOf = (read: Read<Linear | undefined>, layer: number): HeadWeights => ({
  qkvBias: read("qkvBias", layer)?.buffer,
  queryNorm: read("queryNorm", layer)?.buffer,
  keyNorm: read("keyNorm", layer)?.buffer,
});

/**
 * The same bytes as whole words, which is what can be copied into GPU memory. An odd number of f16 gets two bytes of
 * padding.
 */
function toWords(
  data: Uint8Array<ArrayBuffer> | Float32Array<ArrayBuffer>,
): ArrayBufferView<ArrayBuffer> {
  if (data.byteLength % 4 === 0) return data;
  const padded = new Uint8Array(data.byteLength + 2);
  padded.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return padded;
}
