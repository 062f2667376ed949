import { assert } from "../../shared/assert.ts";
import { memoizeByKey } from "../../shared/memoize.ts";
import { layerGroups } from "../cache/chunk-layout.ts";
import {
  encodeChunkValue,
  type ChunkValue,
  type ChunkValueShape,
  type KvCodecName,
  type StoredLayer,
} from "./chunk-value.ts";
import type { KvCache, KvShape } from "../cache/kv-cache.ts";
import { createPairCoder, type PairCoder } from "../codecs/pairs/pair-coder.ts";
import { rowCodec, type RowCodecName } from "../codecs/rows/row-codec.ts";
import { createRowCoder, type RowCoder } from "../codecs/rows/row-coder.ts";
import type { LayerPair } from "../sharing/select-pairs.ts";
import {
  createTransformCoder,
  type TransformCoder,
  type TransformRate,
} from "../codecs/transform/transform-coder.ts";
import {
  isTransform,
  transformRate,
  type TransformCodecName,
} from "../codecs/transform/transform-rates.ts";
import {
  groupBlocks,
  namedBlock,
  transformedGroups,
} from "../codecs/transform/transformed-groups.ts";
import type { NamedBasis } from "../codecs/transform-basis.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What the rows of a chunk are stored as. */
export interface StoredForm {
  /** Of each layer; a pair takes that of the layer that keeps. */
  codecOf: (layer: number) => KvCodecName;
  pairs: readonly LayerPair[];
}

/** Consecutive rows of all layers. */
export interface ChunkRun {
  start: number;
  tokens: number;
  /** The first so many are stored as they are. */
  sinkTokens: number;
}

/** The shape of each layer group's value of a chunk of so many tokens. */
export function valueShapes(shape: KvShape, tokens: number): ChunkValueShape[] {
  const { kvHeads, headDim, layers: modelLayers } = shape;
  return layerGroups(shape).map((layers) => ({ tokens, layers, kvHeads, headDim, modelLayers }));
}

/**
 * Turns rows of the cache into stored values and back, on the GPU. Kernels are compiled when a codec is
 * first needed.
 */
export class ValueCoder {
  readonly #device: GPUDevice;
  readonly #cache: KvCache;
  readonly #frequencies: readonly number[];
  readonly #rows = new Map<RowCodecName, Promise<RowCoder>>();
  readonly #pairs = new Map<KvCodecName, Promise<PairCoder>>();
  #transform: { named: NamedBasis; coder: Promise<TransformCoder> | undefined } | undefined;

  /** @param frequencies RoPE's angle per position: [headDim / 2], in radians */
  constructor(device: GPUDevice, cache: KvCache, frequencies: readonly number[]) {
    this.#device = device;
    this.#cache = cache;
    this.#frequencies = frequencies;
  }

  /** Compile what decoding takes, before it is needed. */
  async prepareDecoding(codecs: readonly KvCodecName[]): Promise<void> {
    const rowCodecs = codecs.filter(isRowCodec);
    const transforms = codecs.filter(isTransform);
    await Promise.all([
      ...rowCodecs.map((codec) => this.#rowCoder(codec)),
      this.#prepareTransforms(transforms),
    ]);
  }

  /** From now on rows may be transformed, or not. What was coded with another basis cannot be decoded. */
  useBasis(named: NamedBasis | undefined): void {
    const before = this.#transform?.coder;
    this.#transform = named && { named, coder: undefined };
    before?.then(
      (coder) => {
        coder.destroy();
      },
      () => undefined,
    );
  }

  /** Whether a transform codec may be asked for. */
  get hasBasis(): boolean {
    return this.#transform !== undefined;
  }

  /**
   * Rows as they are after what was submitted when the kernels are there; at once, if they are.
   *
   * @returns one value per layer group. Rejects if the device is lost.
   */
  async encode(run: ChunkRun, form: StoredForm): Promise<Bytes[]> {
    const { tokens, sinkTokens } = run;
    const kept = new Map(form.pairs.map((pair) => [pair.keep, pair]));
    const keeperOf = new Map(form.pairs.map(({ keep, share }) => [share, keep]));
    const layers = [...this.#cache.layers.keys()];
    const isOwn = (layer: number) =>
      !kept.has(layer) && !keeperOf.has(layer) && !isTransform(form.codecOf(layer));
    const parts = await Promise.all([
      ...(await this.#encodeTransformed(form, run)),
      ...(await this.#encodeRows(layers.filter(isOwn), run, form)),
      ...(await this.#encodePairs(form, run)),
    ]);
    const coded = new Map(parts.flat());
    const sinks = await this.#readSinks(run);
    const storedLayer = (layer: number): StoredLayer => {
      const keeper = keeperOf.get(layer);
      const partner = keeper ?? kept.get(layer)?.share;
      const codec = form.codecOf(keeper ?? layer);
      if (partner === undefined) {
        const apart = codec === "f16" ? NONE : (sinks[layer] ?? NONE);
        return { layer, codec, sinks: apart, coded: coded.get(layer) ?? NONE };
      }
      const alone = keeper === undefined;
      const both = joined([sinks[layer] ?? NONE, sinks[partner] ?? NONE]);
      const own = { sinks: alone ? both : NONE, coded: alone ? (coded.get(layer) ?? NONE) : NONE };
      return { layer, codec, partner, ...own };
    };
    return valueShapes(this.#cache.shape, tokens).map((shape) => {
      const { start, end } = shape.layers;
      return encodeChunkValue(shape, {
        sinkTokens,
        layers: layers.slice(start, end).map(storedLayer),
      });
    });
  }

  /**
   * Submit the writing of a value's rows into the cache, but for the first `skip` ones. Kernels that are
   * not there yet are waited for first; `isWanted` is asked after that.
   *
   * @returns whether all of it was what a coder wrote; if not, some rows may have been written
   */
  async decode(
    value: ChunkValue,
    { start, tokens, skip }: { start: number; tokens: number; skip: number },
    isWanted: () => boolean = () => true,
  ): Promise<boolean> {
    const { sinkTokens, layers } = value;
    const run = { start, tokens, skip: Math.max(skip, sinkTokens) };
    const plain = layers.filter(({ codec, partner }) => partner === undefined && codec === "f16");
    const rowBytes = this.#cache.rowBytes;
    if (plain.some(({ coded }) => coded.length !== tokens * rowBytes)) return false;
    for (const { layer, coded } of plain) this.#write(layer, { start, skip }, coded);
    if (plain.length === layers.length) return true;
    const transformed = layers.filter(({ codec }) => isTransform(codec));
    if (transformed.length > 0 && !(await this.#decodeTransformed(transformed, run, isWanted)))
      return false;
    for (const codec of new Set(layers.map((one) => one.codec))) {
      if (isTransform(codec)) continue;
      const own = layers.filter((one) => one.codec === codec && one.partner === undefined);
      const keepers = layers.filter(
        (one) => one.codec === codec && one.partner !== undefined && one.partner > one.layer,
      );
      if (isRowCodec(codec) && own.length > 0) {
        const coder = await this.#rowCoder(codec);
        const bytes = coder.codedBytes(tokens);
        if (own.some(({ coded }) => coded.length !== bytes)) return false;
        if (!isWanted()) return false;
        if (run.skip < tokens)
          coder.decodeLayers(
            own.map(({ layer, coded }) => ({ layer, bytes: coded })),
            run,
          );
      }
      if (keepers.length > 0 && !(await this.#decodePairs(codec, keepers, { run, isWanted })))
        return false;
    }
    this.#writeSinks(value, { start, skip });
    return true;
  }

  async #prepareTransforms(codecs: readonly TransformCodecName[]): Promise<void> {
    if (codecs.length === 0) return;
    const coder = await this.#transformCoder()?.coder;
    if (!coder) return;
    await Promise.all(codecs.map((codec) => coder.prepare(rateOf(codec).variant)));
  }

  async #encodeTransformed({ codecOf }: StoredForm, run: ChunkRun) {
    if (!this.#cache.layers.some((_, layer) => isTransform(codecOf(layer)))) return [];
    const transform = this.#transformCoder();
    assert(transform !== undefined, "there is no basis to transform with");
    const { named } = transform;
    const coder = await transform.coder;
    await coder.prepare("encode");
    const groups = [...transformedGroups(named.basis, codecOf)];
    return groups.map(async ([codec, indices]): Promise<[number, Bytes][]> => {
      const blocks = await coder.encode(indices, runOf(run), rateOf(codec));
      return indices.map((group, i) => [
        named.basis.groups[group]?.layers.start ?? 0,
        namedBlock(named, blocks[i] ?? NONE),
      ]);
    });
  }

  async #decodeTransformed(
    layers: readonly StoredLayer[],
    run: Parameters<TransformCoder["decode"]>[1],
    isWanted: () => boolean,
  ): Promise<boolean> {
    const transform = this.#transformCoder();
    const blocks = transform && groupBlocks(transform.named, layers);
    if (!blocks) return false;
    const coder = await transform.coder;
    await Promise.all(blocks.map(({ codec }) => coder.prepare(rateOf(codec).variant)));
    if (!isWanted()) return false;
    if ((run.skip ?? 0) >= run.tokens) return true;
    return blocks.every(({ group, codec, block }) =>
      coder.decode(group, run, rateOf(codec), block),
    );
  }

  async #decodePairs(
    codec: Exclude<KvCodecName, TransformCodecName>,
    keepers: readonly StoredLayer[],
    { run, isWanted }: { run: Parameters<PairCoder["decode"]>[1]; isWanted: () => boolean },
  ): Promise<boolean> {
    const coder = await this.#pairCoder(codec);
    const bytes = coder.codedBytes(run.tokens);
    if (keepers.some(({ coded }) => coded.length !== bytes)) return false;
    if (!isWanted()) return false;
    if (run.skip < run.tokens)
      for (const { layer, partner = layer, coded } of keepers)
        coder.decode({ keep: layer, share: partner }, run, coded);
    return true;
  }

  /** What of the sinks is not to be skipped. */
  #writeSinks({ sinkTokens, layers }: ChunkValue, at: { start: number; skip: number }): void {
    const bytes = sinkTokens * this.#cache.rowBytes;
    for (const { layer, partner, sinks } of layers) {
      const owners = partner === undefined ? [layer] : [layer, partner];
      if (sinks.length === 0) continue;
      owners.forEach((owner, i) => {
        this.#write(owner, at, sinks.subarray(i * bytes, (i + 1) * bytes));
      });
    }
  }

  #write(layer: number, { start, skip }: { start: number; skip: number }, rows: Bytes): void {
    const missing = rows.subarray(skip * this.#cache.rowBytes);
    if (missing.length > 0) this.#cache.writeRows(layer, start + skip, missing);
  }

  /** By codec: each layer's bytes, on their way. */
  async #encodeRows(layers: readonly number[], run: ChunkRun, { codecOf }: StoredForm) {
    const codecs = [...new Set(layers.map(codecOf))].filter(isOfRows);
    const encoders = await Promise.all(codecs.map((codec) => this.#rowEncoder(codec)));
    return codecs.map(async (codec, i): Promise<[number, Bytes][]> => {
      const own = layers.filter((layer) => codecOf(layer) === codec);
      const coded = (await encoders[i]?.(own, run)) ?? [];
      return own.map((layer, at) => [layer, coded[at] ?? NONE]);
    });
  }

  async #encodePairs({ pairs, codecOf }: StoredForm, run: ChunkRun) {
    const codecs = [...new Set(pairs.map(({ keep }) => codecOf(keep)))].filter(isOfRows);
    const coders = await Promise.all(codecs.map((codec) => this.#pairCoder(codec)));
    return codecs.map(async (codec, i): Promise<[number, Bytes][]> => {
      const own = pairs.filter(({ keep }) => codecOf(keep) === codec);
      const coded = (await coders[i]?.encode(own, runOf(run))) ?? [];
      return own.map(({ keep }, at) => [keep, coded[at] ?? NONE]);
    });
  }

  async #rowEncoder(
    codec: Exclude<KvCodecName, TransformCodecName>,
  ): Promise<(layers: readonly number[], run: ChunkRun) => Promise<Bytes[]>> {
    if (codec === "f16")
      return (layers, { start, tokens }) => {
        const rows = { start, end: start + tokens };
        return Promise.all(layers.map((layer) => this.#cache.readRows(layer, rows)));
      };
    const coder = await this.#rowCoder(codec);
    return (layers, run) => coder.encode(layers, runOf(run));
  }

  /** Of all layers. */
  #readSinks({ start, sinkTokens }: ChunkRun): Promise<Bytes[]> {
    if (sinkTokens === 0) return Promise.resolve([]);
    const sinks = { start, end: start + sinkTokens };
    return Promise.all(this.#cache.layers.map((_, layer) => this.#cache.readRows(layer, sinks)));
  }

  #rowCoder(codec: RowCodecName): Promise<RowCoder> {
    const options = { frequencies: this.#frequencies };
    return memoizeByKey(this.#rows, codec, () =>
      createRowCoder(this.#device, this.#cache, rowCodec(codec), options),
    );
  }

  #transformCoder(): { named: NamedBasis; coder: Promise<TransformCoder> } | undefined {
    const transform = this.#transform;
    if (!transform) return undefined;
    const options = { frequencies: this.#frequencies, uses: [] };
    const { named } = transform;
    transform.coder ??= createTransformCoder(this.#device, this.#cache, named.basis, options);
    // What failed, of a lost device say, is told to whoever waits for it.
    transform.coder.catch(() => undefined);
    return { named, coder: transform.coder };
  }

  #pairCoder(codec: Exclude<KvCodecName, TransformCodecName>): Promise<PairCoder> {
    const options = { frequencies: this.#frequencies };
    const code = codec === "f16" ? codec : rowCodec(codec);
    return memoizeByKey(this.#pairs, codec, () =>
      createPairCoder(this.#device, this.#cache, code, options),
    );
  }
}

const NONE = new Uint8Array();

const isOfRows = (codec: KvCodecName): codec is Exclude<KvCodecName, TransformCodecName> =>
  !isTransform(codec);

const isRowCodec = (codec: KvCodecName): codec is RowCodecName =>
  isOfRows(codec) && codec !== "f16";

function rateOf(codec: TransformCodecName): TransformRate {
  const rate = transformRate(codec);
  assert(rate !== undefined, `${codec} is no rate`);
  return rate;
}

const runOf = ({ start, tokens, sinkTokens }: ChunkRun) => ({ start, tokens, skip: sinkTokens });

function joined(parts: readonly Bytes[]): Bytes {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
