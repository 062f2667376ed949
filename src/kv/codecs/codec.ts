/**
 * @file What a family of codecs is. Each family is a folder beside this file, and one line of
 * `CODEC_FAMILIES` (codec-families.ts); nothing outside its folder knows more of it than this interface.
 *
 * The words:
 *
 * - A *codec* is one format in which the rows of a layer can be stored. It has a name, by which forms and
 *   reports call it, and a number, which is stored with what it encoded. Neither is ever reused.
 * - A *family* is the codecs that work alike and differ in their rate only, such as int8 to int2.
 * - A *rate* is one way for a family to store all layers of a conversation. It says which codec each layer
 *   has: the last quarter of the layers may have another one than the others.
 * - A *code* is the small integer that stands for a number of a row, or of a component, once that number is
 *   quantized. `RowCode` says how rows become codes.
 * - A *coder* runs codecs on a device: kernels that are compiled, and bound to the buffers of one cache.
 */

import type { Device } from "../../device/device.ts";
import type { RowRun, RowShape } from "../../../shaders/rows/coded-layout.ts";
import type { KvCache, KvShape } from "../cache/kv-cache.ts";
import type { FindBasis, NamedBasis } from "./transform-basis.ts";

export type Bytes = Uint8Array<ArrayBuffer>;

export interface CodecFamily {
  readonly name: string;
  /** The stored number of each codec, by the codec's name. */
  readonly codecs: Readonly<Record<string, number>>;
  /**
   * Whether rows come back bit for bit. Where they do not, the rows of the sink tokens are stored exactly,
   * beside the coded ones.
   */
  readonly isExact: boolean;
  /** Whether the family codes in a learned basis: without one it can neither encode nor decode. */
  readonly needsBasis: boolean;
  /** The rates that a level may choose from. Absent if no level stores rows in this family. */
  readonly ladder?: RateLadder;
  /**
   * Bytes of one layer's coded run. Only a family that has this can code the rows that a pair of
   * layers shares, because what follows them in a pair's bytes is found by their length.
   *
   * @returns undefined if the codec looks at the positions of tokens, which the shared rows do not have
   */
  readonly pairedBytes?: (codec: string, shape: RowShape, tokens: number) => number | undefined;
  /** Nothing is compiled before a codec is asked for. */
  createCoder(context: CoderContext): FamilyCoder;
}

/** What a rate's codecs depend on. */
export type CodedShape = Pick<KvShape, "layers" | "headDim" | "biasedKeys">;

/** A family's rates, of which a conversation takes the one of the fewest bytes that holds its level's budget. */
export interface RateLadder {
  /** The rates, from the fewest bytes to the most. */
  readonly rates: readonly string[];
  /** A rate whose error is far below the budget of every level, so that it need not be judged; the last, if any. */
  readonly safe?: string;
  /**
   * What a rate costs with most models, as mean KL in nats. Until a rate was judged with the model at hand, rates are
   * tried by this. From then on only the ratios between rates count.
   */
  expectedKl(rate: string): number;
  /** The bytes that a rate mostly takes for each byte of rows as they are. */
  expectedShare(rate: string): number;
  /** The rate that is stored most often, for which decoding is prepared ahead. */
  readonly usual: string;
  /**
   * The rate of the end of a conversation whose chunks have a rate: what is too recent for that, or no full chunk yet. So
   * fine that it need not be judged, and that what comes back of it may be coded once more. Absent or undefined if there is none.
   */
  endOf?(rate: string): string | undefined;
  /** The codec of each layer at a rate. */
  codecOf(rate: string, shape: CodedShape): (layer: number) => string;
}

/** What a coder works on. */
export interface CoderContext {
  device: Device;
  cache: KvCache;
  /** RoPE's angle per position: [headDim / 2], in radians. */
  frequencies: readonly number[];
}

/** A family on a device. Every kernel is compiled once, when a codec first needs it. */
export interface FamilyCoder {
  /** Rejects if the device is lost. Throws if the family needs a basis and there is none. */
  encoder(codecs: readonly string[]): Promise<LayerEncoder>;
  /**
   * Rejects if the device is lost. Without a basis that the family needs, the decoder refuses all.
   *
   * @param layers what is to be decoded, if it is known: it may name a basis from before the present one
   */
  decoder(codecs: readonly string[], layers?: readonly CodedLayer[]): Promise<LayerDecoder>;
  /**
   * Codes in another basis from now on, or in none. What was coded in another one is refused, unless it is found.
   * Only families that need a basis have this method, and the next.
   */
  useBasis?(named: NamedBasis | undefined): void;
  /** Looks for bases in which something was coded before in this way from now on. */
  findBases?(find: FindBasis): void;
  /**
   * What has to be made once, before anything is decoded in the present basis. Absent where that takes no time to speak
   * of, and undefined without a basis.
   */
  preparation?(): Preparation | undefined;
  /** Frees the buffers, once what was submitted is done. */
  destroy(): void;
}

/** What a family makes once in a visit before it decodes, such as the matrices of a basis. */
export interface Preparation {
  /** Bytes of it on the device. */
  bytes: number;
  /** How long the thread took to make it, in ms. Undefined until it is there. */
  ms: number | undefined;
}

export interface LayerCodec {
  layer: number;
  codec: string;
}

/**
 * Submits the coding of the same run of some layers. Steps that are submitted after the call change nothing, unless there
 * is a signal.
 *
 * @param signal then what takes long is coded piece by piece, so that others may use the device in between, and is given
 *   up between two pieces. The rows have to stay as they are until the call settles: it rejects with the signal's reason
 * @returns the bytes of each layer. Where layers are coded together, the first of them has the bytes of all,
 *   and the others have none. Rejects if the device is lost.
 */
export type LayerEncoder = (
  layers: readonly LayerCodec[],
  run: RowRun,
  signal?: AbortSignal,
) => Promise<ReadonlyMap<number, Bytes>>;

export interface CodedLayer extends LayerCodec {
  coded: Bytes;
}

/** A run whose first `skip` tokens, if any, keep the rows that they have. */
export type DecodedRun = Omit<RowRun, "skip"> & Partial<Pick<RowRun, "skip">>;

/**
 * Submits the decoding of the same run of some layers into the cache, and does not wait for it.
 *
 * @returns whether all of it was what a coder wrote; if not, some rows may have been written
 */
export type LayerDecoder = (layers: readonly CodedLayer[], run: RowRun) => boolean;
