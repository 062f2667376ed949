import type { Device } from "../../device/device.ts";
import { assert } from "../../shared/assert.ts";
import { groupedBy } from "../../shared/grouped-by.ts";
import type { KvCache } from "../cache/kv-cache.ts";
import type {
  Bytes,
  CodecFamily,
  CoderContext,
  FamilyCoder,
  LayerCodec,
  Preparation,
} from "../codecs/codec.ts";
import { PairCoders, type PairInCodec } from "../codecs/pairs/pair-coders.ts";
import type { FindBasis, NamedBasis } from "../codecs/transform-basis.ts";
import { encodeChunkValue, type ChunkValue, type StoredLayer } from "./chunk-value.ts";
import { CODECS } from "./codec-families.ts";
import type { CodecRegistry } from "./codec-registry.ts";
import { valueShapes, type ChunkRun, type StoredForm } from "./stored-form.ts";
import { storedLayers } from "./stored-layers.ts";

/** Where a value's rows go. The first `skip` tokens keep the rows that they have. */
interface DecodedChunk {
  start: number;
  tokens: number;
  skip: number;
}

/**
 * Submits the writing of a value's rows into the cache, but for the first `skip` ones.
 *
 * @returns whether all of it was what a coder wrote; if not, some rows may have been written
 */
export type ValueDecoder = (chunk: DecodedChunk) => boolean;

/**
 * Turns rows of the cache into stored values and back, on the GPU: each layer by the family of its codec,
 * and layers that share by the pair coders. Kernels are compiled when a codec is first needed.
 */
export class ValueCoder {
  readonly #cache: KvCache;
  readonly #codecs: CodecRegistry;
  readonly #coders: ReadonlyMap<CodecFamily, FamilyCoder>;
  readonly #pairs: PairCoders;
  #basis: NamedBasis | undefined;

  /** @param frequencies RoPE's angle per position: [headDim / 2], in radians */
  constructor(
    device: Device,
    cache: KvCache,
    frequencies: readonly number[],
    codecs: CodecRegistry = CODECS,
  ) {
    const context: CoderContext = { device, cache, frequencies };
    this.#cache = cache;
    this.#codecs = codecs;
    this.#coders = new Map(codecs.families.map((one) => [one, one.createCoder(context)]));
    this.#pairs = new PairCoders(context);
  }

  /** Compiles what decoding takes, before it is needed. */
  async prepareDecoding(codecs: readonly string[]): Promise<void> {
    const families = groupedBy(codecs, (codec) => this.#codecs.familyOf(codec));
    await Promise.all([...families].map(([family, own]) => this.#coderOf(family).decoder(own)));
  }

  /** Compiles and makes what coding in a form takes, before it is needed. */
  async prepareEncoding({ codecOf }: Pick<StoredForm, "codecOf">): Promise<void> {
    const layers = [...this.#cache.layers.keys()];
    await this.#layerEncoder(layers.map((layer) => ({ layer, codec: codecOf(layer) })));
  }

  /**
   * Codes in this basis from now on where a codec needs one, or in none. What was coded in another basis can be
   * decoded only if that one is found (`findBases`).
   */
  useBasis(named: NamedBasis | undefined): void {
    this.#basis = named;
    for (const coder of this.#coders.values()) coder.useBasis?.(named);
  }

  /** Looks for the bases of values that name another one than the present in this way from now on. */
  findBases(find: FindBasis): void {
    for (const coder of this.#coders.values()) coder.findBases?.(find);
  }

  /** Whether a codec that needs a basis may be asked for. */
  get hasBasis(): boolean {
    return this.#basis !== undefined;
  }

  /** What is coded with where a codec needs a basis. */
  get basis(): NamedBasis | undefined {
    return this.#basis;
  }

  /**
   * What a family has to make once before it decodes anything, in the present basis if it needs one. Undefined for
   * families that have nothing to make, and for names of none.
   */
  preparationOf(family: string): Preparation | undefined {
    for (const [{ name }, coder] of this.#coders) if (name === family) return coder.preparation?.();
    return undefined;
  }

  /**
   * Codes the rows that are there after all that was submitted before the kernels are compiled. If they are
   * compiled already, that is when this is called.
   *
   * @param signal see `LayerEncoder`: with one, other things may use the device before the rows are coded
   * @returns one value per layer group. Rejects if the device is lost, or with the signal's reason
   */
  async encode(run: ChunkRun, form: StoredForm, signal?: AbortSignal): Promise<Bytes[]> {
    const paired = new Set(form.pairs.flatMap(({ keep, share }) => [keep, share]));
    const alone = [...this.#cache.layers.keys()].filter((layer) => !paired.has(layer));
    const [encodeAlone, encodePairs] = await Promise.all([
      this.#layerEncoder(alone.map((layer) => ({ layer, codec: form.codecOf(layer) }))),
      this.#pairs.encoder(form.pairs.map((pair) => this.#pairIn(form.codecOf(pair.keep), pair))),
    ]);
    const { start, tokens, sinkTokens } = run;
    const [ofLayers, ofPairs, sinks] = await Promise.all([
      encodeAlone(run, signal),
      encodePairs({ start, tokens, skip: sinkTokens }),
      this.#readSinks(run),
    ]);
    const coded = new Map([...ofLayers, ...ofPairs]);
    const layers = storedLayers(form, this.#cache.layers.length, { coded, sinks }, this.#codecs);
    return valueShapes(this.#cache.shape, tokens).map((shape) => {
      const own = layers.slice(shape.layers.start, shape.layers.end);
      return encodeChunkValue(shape, { sinkTokens, layers: own }, this.#codecs);
    });
  }

  /** Decodes a value at once, when the kernels for it are compiled. */
  async decode(value: ChunkValue, chunk: DecodedChunk): Promise<boolean> {
    return (await this.decoder(value))(chunk);
  }

  /**
   * What decodes a value, once the kernels for it are compiled: until then its rows may have become of no use.
   * Rejects if the device is lost.
   */
  async decoder(value: ChunkValue): Promise<ValueDecoder> {
    const { sinkTokens, layers } = value;
    const alone = layers.filter(({ partner }) => partner === undefined);
    const paired = layers.filter(({ partner }) => partner !== undefined);
    if (!paired.every(({ codec }) => this.#canPair(codec))) return () => false;
    const [decodeAlone, decodePairs] = await Promise.all([
      this.#layerDecoder(alone),
      this.#pairs.decoder(paired.filter(isKeeper).map((one) => this.#codedPair(one))),
    ]);
    return (chunk) => {
      const behindSinks = { ...chunk, skip: Math.max(chunk.skip, sinkTokens) };
      if (!decodeAlone(chunk, behindSinks) || !decodePairs(behindSinks)) return false;
      this.#writeSinks(value, chunk);
      return true;
    };
  }

  async #layerEncoder(layers: readonly LayerCodec[]) {
    const families = groupedBy(layers, ({ codec }) => this.#codecs.familyOf(codec));
    const encoders = await Promise.all(
      [...families].map(async ([family, own]) => {
        return { family, own, encode: await this.#coderOf(family).encoder(codecsOf(own)) };
      }),
    );
    return async ({ start, tokens, sinkTokens }: ChunkRun, signal?: AbortSignal) => {
      const coded = encoders.map(({ family, own, encode }) =>
        encode(own, { start, tokens, skip: family.isExact ? 0 : sinkTokens }, signal),
      );
      return (await Promise.all(coded)).flatMap((parts) => [...parts]);
    };
  }

  async #layerDecoder(layers: readonly StoredLayer[]) {
    const families = groupedBy(layers, ({ codec }) => this.#codecs.familyOf(codec));
    const decoders = await Promise.all(
      [...families].map(async ([family, own]) => {
        return { family, own, decode: await this.#coderOf(family).decoder(codecsOf(own), own) };
      }),
    );
    return (chunk: DecodedChunk, behindSinks: DecodedChunk): boolean =>
      decoders.every(({ family, own, decode }) =>
        decode(own, family.isExact ? chunk : behindSinks),
      );
  }

  #coderOf(family: CodecFamily): FamilyCoder {
    const coder = this.#coders.get(family);
    assert(coder !== undefined, `there is no coder of ${family.name}`);
    return coder;
  }

  #canPair(codec: string): boolean {
    const { shape } = this.#cache;
    return this.#codecs.familyOf(codec).pairedBytes?.(codec, shape, 1) !== undefined;
  }

  #pairIn(codec: string, { keep, share }: { keep: number; share: number }): PairInCodec {
    return { keep, share, codec, family: this.#codecs.familyOf(codec) };
  }

  #codedPair({ layer, partner = layer, codec, coded }: StoredLayer) {
    return { ...this.#pairIn(codec, { keep: layer, share: partner }), coded };
  }

  /** Writes the sinks that are not to be skipped. */
  #writeSinks({ sinkTokens, layers }: ChunkValue, { start, skip }: DecodedChunk): void {
    const { rowBytes } = this.#cache;
    if (skip >= sinkTokens) return;
    for (const { layer, partner, sinks } of layers) {
      if (sinks.length === 0) continue;
      const owners = partner === undefined ? [layer] : [layer, partner];
      for (const [i, owner] of owners.entries()) {
        const missing = sinks.subarray(
          (i * sinkTokens + skip) * rowBytes,
          (i + 1) * sinkTokens * rowBytes,
        );
        this.#cache.writeRows(owner, start + skip, missing);
      }
    }
  }

  /** The sink tokens' rows of all layers. */
  #readSinks({ start, sinkTokens }: ChunkRun): Promise<Bytes[]> {
    if (sinkTokens === 0) return Promise.resolve([]);
    const sinks = { start, end: start + sinkTokens };
    return Promise.all(this.#cache.layers.map((_, layer) => this.#cache.readRows(layer, sinks)));
  }
}

const codecsOf = (layers: readonly LayerCodec[]): string[] => [
  ...new Set(layers.map(({ codec }) => codec)),
];

/** Whether a layer that shares keeps the rows of both. */
const isKeeper = ({ layer, partner = layer }: StoredLayer): boolean => partner > layer;
