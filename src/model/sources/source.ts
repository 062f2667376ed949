import type { OpenDownloaded } from "../../downloads/downloaded-files.ts";
import type { ModelFiles } from "../../downloads/fetch-files.ts";
import type { TensorDtype } from "../tensor-dtype.ts";
import type { ChatTemplate } from "../../tokenizer/chat-template.ts";
import type { BlockType } from "../../shared/gguf-blocks.ts";
import type { ModelOutline } from "../model-outline.ts";

/** What is known of a model before its weights come. */
export interface ModelDescription extends ModelOutline {
  /** The model's address, as `ModelSource.address` spells it. */
  url: string;
  /** What the model is called, for a person: the last part of its address. See `displayName`. */
  name: string;
  /** The source's name for the format of the weights, which is shown to the user: `q4f16_1`. */
  quantization: string;
  chatTemplate: ChatTemplate;
  tokenizerJson: string;
  tokenizerConfigJson: string | undefined;
  /** The file of what the KV cache may be transformed with; undefined for a model without one. */
  transformBasis: Uint8Array<ArrayBuffer> | undefined;
  /** Bytes of all files that hold weights. */
  weightBytes: number;
  /** A hash in hex that is equal only for equal weights. */
  manifestHash: string;
}

/** A weight, or rows of one, as a source hands it over. */
export type LoadedTensor = LoadedValues | LoadedBlocks;

/** Rows of a weight, or of a part of one, as plain numbers or in MLC's 4-bit format. */
export interface LoadedValues {
  /** Key of the weight: `layers.3.qkv`. */
  weight: string;
  /** A matrix in 4 bits comes as its `codes` and its `scales`; everything else as `values`. */
  part: "values" | "codes" | "scales";
  /** The row of the weight at which the rows here begin; for a norm, the element. */
  firstRow: number;
  /** [rows, columns] of the part that is here, in elements of `dtype`; for a norm [rows]. */
  shape: readonly number[];
  dtype: TensorDtype;
  /** The numbers, little-endian and row-major. They are only valid until the next tensor is asked for. */
  bytes: Uint8Array<ArrayBuffer>;
}

/** Rows of a weight as a GGUF file has them. The GPU puts them into the weight's format. */
export interface LoadedBlocks {
  /** Key of the weight: `layers.3.qkv`. */
  weight: string;
  part: "blocks";
  type: BlockType;
  /**
   * The row of the weight at which the rows here begin. Where several tensors make up one weight, as q, k and v make up
   * `qkv`, it counts from the first row of the first of them.
   */
  firstRow: number;
  /** What is here. Columns are whole blocks; a norm or a bias has one column, and its rows are whole blocks. */
  shape: readonly [rows: number, columns: number];
  /**
   * The size of a head, if the rows of every head are pairs of RoPE, as llama's q and k are in GGUF: row 2j of a head
   * there is row j here, and row 2j + 1 is j + headDim / 2. The rows here may begin and end in the middle of a head.
   */
  interleavedHeadDim: number | undefined;
  /** They are only valid until the next tensor is asked for. */
  bytes: Uint8Array<ArrayBuffer>;
}

/** A model that a source has found. */
export interface FoundModel {
  description: ModelDescription;
  /**
   * Hands over every weight of the description, in the order of the source's files.
   *
   * The first file is asked for at once, and each further one while the tensors of the one before are handed over.
   *
   * @param onBytes told how many of `description.weightBytes` have come
   */
  tensors: (onBytes: (loadedBytes: number) => void) => AsyncIterable<LoadedTensor>;
}

export interface FindOptions {
  /** The files, from the cache or the network. */
  files: ModelFiles;
  /** The most bytes of weights that may be downloaded. */
  maxDownloadBytes: number;
  /** Opens the files of a model that was downloaded as a whole. */
  openDownloaded: OpenDownloaded;
  /** The local files that the address speaks of; none for a model that lies elsewhere. */
  localFiles: readonly File[];
}

/** A kind of place that models come from: how their files are laid out, and how they are read. */
export interface ModelSource {
  /** Whether a model at this address comes from here. */
  matches: (url: string) => boolean;
  /**
   * The one spelling of a model's address.
   *
   * @throws EngineError `model-invalid` for what cannot be an address
   */
  address: (url: string) => string;
  /**
   * Reads everything but the weights, and checks that the files hold what the architecture needs.
   *
   * @param address in its one spelling
   * @throws EngineError `download-not-agreed` where more bytes of weights are to come than may
   */
  find: (address: string, options: FindOptions) => Promise<FoundModel>;
}
