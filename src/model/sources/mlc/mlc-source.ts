import { sha256 } from "hash-wasm";
import type { WeightFormat } from "../../../../shaders/forward/weight-format.ts";
import { fetchInOrder, type FetchPart } from "../../../downloads/fetch-in-order.ts";
import { localFolderOf } from "../../../protocol/local-model.ts";
import { assert } from "../../../shared/assert.ts";
import { weightsOf } from "../../architectures/architecture.ts";
import { architectureOf } from "../../architectures/architectures.ts";
import { storedAs } from "../../model-outline.ts";
import { modelDirectory } from "../../../downloads/model-url.ts";
import type {
  FindOptions,
  FoundModel,
  LoadedValues,
  ModelDescription,
  ModelSource,
} from "../source.ts";
import { parseConversationTemplate } from "./conversation-template.ts";
import { expectedTensors, type ExpectedTensor } from "./expected-tensors.ts";
import { fetchManifest, type Manifest } from "./fetch-manifest.ts";
import { placeOf } from "./model-place.ts";
import { isQ4 } from "./quantization.ts";
import { floatDtype, type ShardRecord } from "./tensor-index.ts";
import { MLC_REGISTRY, type MlcRegistry } from "./tensor-names.ts";

/**
 * The source of models in the layout of mlc-llm, which WebLLM shares: directories on any server, Hugging Face
 * repositories, or folders on the disk.
 */
export function createMlcSource(registry: MlcRegistry = MLC_REGISTRY): ModelSource {
  return {
    matches: () => true,
    address: (url) => (localFolderOf(url) === undefined ? modelDirectory(url) : url),
    find: (address, options) => findModel(address, options, registry),
  };
}

async function findModel(
  url: string,
  options: FindOptions,
  registry: MlcRegistry,
): Promise<FoundModel> {
  const { files, directory, name, maxDownloadBytes } = placeOf(url, options);
  const manifest = await fetchManifest(files, directory, { maxDownloadBytes, registry });
  const { mlcConfig, index } = manifest;
  const expected = new Map(expectedTensors(mlcConfig, registry).map((one) => [one.name, one]));
  const parts = index.shards.map(
    (shard): FetchPart =>
      (told) =>
        files.shard(shard, told),
  );
  return {
    description: await describe(manifest, { url, name }, registry),
    tensors: (onBytes) => tensorsOf(index.shards, fetchInOrder(parts, onBytes), expected),
  };
}

async function describe(
  { mlcConfig, index, indexText, ...manifest }: Manifest,
  { url, name }: { url: string; name: string },
  { architectures }: MlcRegistry,
): Promise<ModelDescription> {
  const { config, quantization, convTemplate } = mlcConfig;
  const { tokenizerJson, tokenizerConfigJson, transformBasis } = manifest;
  const floats = floatDtype(index);
  const format: WeightFormat = isQ4(quantization) ? `q4-${floats}` : floats;
  return {
    url,
    name,
    config,
    weights: storedAs(
      weightsOf(architectureOf(config.architecture, architectures), config),
      format,
    ),
    quantization,
    chatTemplate: parseConversationTemplate({ conv_template: convTemplate }, url),
    tokenizerJson,
    tokenizerConfigJson,
    transformBasis,
    weightBytes: index.weightBytes,
    // The index holds every shard's checksum.
    manifestHash: await sha256(indexText),
  };
}

async function* tensorsOf(
  shards: readonly ShardRecord[],
  contents: AsyncIterable<Uint8Array<ArrayBuffer>>,
  expected: ReadonlyMap<string, ExpectedTensor>,
): AsyncGenerator<LoadedValues> {
  let shard = 0;
  for await (const bytes of contents)
    for (const { name, shape, dtype, byteOffset, nbytes } of shards[shard++]?.tensors ?? []) {
      const meant = expected.get(name);
      assert(meant !== undefined, `${name} passed the check of the index`);
      const { weight, part } = meant;
      const view = bytes.subarray(byteOffset, byteOffset + nbytes);
      yield { weight: weight.key, part, firstRow: 0, shape, dtype, bytes: view };
    }
}
