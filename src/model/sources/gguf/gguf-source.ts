import type { RangedFile } from "../../../downloads/ranged-file.ts";
import { isLocalModel } from "../../../protocol/local-model.ts";
import { EngineError } from "../../../shared/engine-error.ts";
import type { FindOptions, FoundModel, ModelDescription, ModelSource } from "../source.ts";
import { chatTemplateOf } from "./chat-template.ts";
import {
  describeWeights,
  expectTensors,
  ropeFactors,
  type ExpectedTensors,
} from "./gguf-outline.ts";
import { ggufAddress, isGgufAddress, nameOfFile } from "./gguf-address.ts";
import { modelIdentity } from "./model-identity.ts";
import { modelTensors } from "./model-tensors.ts";
import { openLocal, openRemote } from "./open-files.ts";
import { quantizationName } from "./quantization-name.ts";
import { readModel, type ReadModel } from "./read-model.ts";
import { tokenizerJsonOf } from "./tokenizer-json.ts";

/** The source of models in GGUF files: on any server that sends parts of a file, or on the disk. */
export const GGUF_SOURCE: ModelSource = {
  matches: isGgufAddress,
  address: ggufAddress,
  find: findModel,
};

async function findModel(address: string, options: FindOptions): Promise<FoundModel> {
  const { files, localFiles, maxDownloadBytes } = options;
  const opened = isLocalModel(address)
    ? openLocal(address, localFiles)
    : ((await options.openDownloaded(address)) ?? (await openRemote(files, address)));
  const model = await readModel(opened);
  const expected = expectTensors(model);
  await checkDownload(opened, address, maxDownloadBytes);
  return {
    description: await describe(model, expected, address),
    tensors: (onBytes) => modelTensors(model.files, expected, onBytes),
  };
}

/** Refuses a download that is larger than was agreed to. The headers, which say how large it is, have come by now. */
async function checkDownload(
  files: readonly RangedFile[],
  url: string,
  maxDownloadBytes: number,
): Promise<void> {
  if (maxDownloadBytes === Infinity) return;
  let downloadBytes = 0;
  for (const file of files) downloadBytes += await file.missingBytes();
  if (downloadBytes > maxDownloadBytes)
    throw new EngineError({ code: "download-not-agreed", url, downloadBytes });
}

async function describe(
  model: ReadModel,
  expected: ExpectedTensors,
  url: string,
): Promise<ModelDescription> {
  const { metadata, files } = model;
  return {
    url,
    // People know a file by its name. What it says of itself is often a name of one training run among others.
    name: nameOfFile(url),
    ...describeWeights(model, expected, await ropeFactors(model)),
    quantization: quantizationName(model),
    chatTemplate: chatTemplateOf(metadata),
    tokenizerJson: tokenizerJsonOf(metadata),
    tokenizerConfigJson: undefined,
    transformBasis: undefined,
    weightBytes: files.reduce((sum, { file }) => sum + file.bytes, 0),
    manifestHash: await modelIdentity(files),
  };
}
