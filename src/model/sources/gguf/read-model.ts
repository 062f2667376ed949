import type { RangedFile } from "../../../downloads/ranged-file.ts";
import type { ModelConfig } from "../../model-config.ts";
import { BOUNDS } from "../model-limits.ts";
import { EMBEDDING, HEAD } from "./expected-tensors.ts";
import { architectureName, readConfig, type TensorFacts } from "./gguf-config.ts";
import { ggufInvalid } from "./gguf-fault.ts";
import type { GgufMetadata } from "./gguf-metadata.ts";
import { readHeader, type GgufHeader } from "./parse-header.ts";
import { placeTensors } from "./place-tensors.ts";
import type { DescribedTensor, TensorInfo } from "./tensor-infos.ts";

/** A file of a model, with what its header says. */
export interface ReadFile extends GgufHeader {
  file: RangedFile;
  /** In the order of their bytes. */
  tensors: readonly TensorInfo[];
}

/** What the headers of all files of a model say, checked against each other. */
export interface ReadModel {
  /** In the order of their parts. */
  files: readonly ReadFile[];
  /** Of the first file. Those of a split's other parts say only which parts they are. */
  metadata: GgufMetadata;
  /** Of all files. */
  tensors: readonly TensorInfo[];
  /** What the model computes, except for factors of RoPE, which are no part of the headers. */
  config: ModelConfig;
  facts: TensorFacts;
}

/** Most parts and tensors that a split may state: what there really are is compared with it. */
const ANY_COUNT = { min: 0, max: 2 ** 31 };

/**
 * Reads the headers of the files of a model, and where its tensors lie.
 *
 * @throws EngineError `model-invalid`, or `model-unsupported`
 */
export async function readModel(opened: readonly RangedFile[]): Promise<ReadModel> {
  const read: (GgufHeader & { file: RangedFile })[] = [];
  for (const file of opened) read.push({ file, ...(await readHeader(file)) });
  for (const [index, { metadata }] of read.entries()) checkPart(metadata, index, read.length);
  const [first] = read;
  if (!first) throw new Error("invariant: a model has at least one file");
  const { metadata } = first;
  const described = read.flatMap((header) => header.described);
  checkTensorCount(metadata, described);
  const facts = factsOf(metadata, described);
  const config = readConfig(metadata, facts);
  const files = read.map((header): ReadFile => ({ ...header, tensors: placedIn(header) }));
  return { files, metadata, tensors: files.flatMap(({ tensors }) => tensors), config, facts };
}

const placedIn = ({ file, described, alignment, bytes }: GgufHeader & { file: RangedFile }) =>
  placeTensors(described, {
    headerBytes: bytes.length,
    alignment,
    fileBytes: file.bytes,
    url: file.url,
  });

function checkPart(metadata: GgufMetadata, index: number, count: number): void {
  const stated = metadata.integer("split.count", ANY_COUNT, 1);
  const part = metadata.integer("split.no", ANY_COUNT, 0);
  // A file that was never split may state no parts at all.
  if (Math.max(stated, 1) === count && part === index) return;
  throw ggufInvalid(
    metadata.url,
    "split-part",
    `the file is part ${part + 1} of ${stated}, and is read as part ${index + 1} of ${count}`,
  );
}

function checkTensorCount(metadata: GgufMetadata, tensors: readonly DescribedTensor[]): void {
  const names = new Set(tensors.map(({ name }) => name));
  if (names.size !== tensors.length)
    throw ggufInvalid(metadata.url, "tensor-duplicate", "two parts have a tensor of the same name");
  const stated = metadata.integer("split.tensors.count", ANY_COUNT, tensors.length);
  if (stated !== tensors.length)
    throw ggufInvalid(
      metadata.url,
      "split-part",
      `the parts have ${tensors.length} tensors, and the first one states ${stated}`,
    );
}

function factsOf(metadata: GgufMetadata, tensors: readonly DescribedTensor[]): TensorFacts {
  const { url } = metadata;
  // An architecture that is not known may have tensors of other names.
  architectureName(metadata);
  const embedding = tensors.find(({ name }) => name === EMBEDDING);
  if (!embedding) throw ggufInvalid(url, "tensor-missing", `tensor ${EMBEDDING} is missing`);
  const { rows: embeddingRows } = embedding;
  if (embeddingRows > BOUNDS.vocab.max)
    throw ggufInvalid(url, "tensor-shape", `tensor ${EMBEDDING} has ${embeddingRows} rows`);
  const hasHead = tensors.some(({ name }) => name === HEAD);
  return { embeddingRows, hasHead, ropeFactors: undefined };
}
