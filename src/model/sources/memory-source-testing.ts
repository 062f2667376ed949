import { assert } from "../../shared/assert.ts";
import { encodeFloats } from "../../shared/number-formats.ts";
import { weightsOf, type Weight } from "../architectures/architecture.ts";
import { architectureOf } from "../architectures/architectures.ts";
import { generateModel, type GeneratedModel } from "../generate/generate-model.ts";
import { storedAs } from "../model-outline.ts";
import { parseConversationTemplate } from "./mlc/conversation-template.ts";
import type { LoadedValues, ModelDescription, ModelSource } from "./source.ts";

/** The one address that the source knows. */
export const MEMORY_ADDRESS = "memory:generated";

/** A source of one generated model, which it has in memory. No file is read: every weight comes in two parts. */
export async function createMemorySource(): Promise<{
  source: ModelSource;
  model: GeneratedModel;
}> {
  const model = await generateModel({ quantization: "q0f32", tiedEmbeddings: false });
  const description = describe(model);
  const source: ModelSource = {
    matches: (url) => url === MEMORY_ADDRESS,
    address: (url) => url,
    find: () =>
      Promise.resolve({
        description,
        tensors: (onBytes) => tensorsOf(model, description, onBytes),
      }),
  };
  return { source, model };
}

function describe({ files, config, weights }: GeneratedModel): ModelDescription {
  const text = (name: string): string => new TextDecoder().decode(files.get(name));
  const json: unknown = JSON.parse(text("mlc-chat-config.json"));
  return {
    url: MEMORY_ADDRESS,
    name: "generated",
    config,
    weights: storedAs(weightsOf(architectureOf(config.architecture), config), "f32"),
    quantization: "f32",
    chatTemplate: parseConversationTemplate(json, MEMORY_ADDRESS),
    tokenizerJson: text("tokenizer.json"),
    tokenizerConfigJson: undefined,
    transformBasis: undefined,
    weightBytes: 4 * [...weights.values()].reduce((sum, { length }) => sum + length, 0),
    manifestHash: "0",
  };
}

async function* tensorsOf(
  { weights }: GeneratedModel,
  description: ModelDescription,
  onBytes: (loadedBytes: number) => void,
): AsyncGenerator<LoadedValues> {
  let loadedBytes = 0;
  // The last weight comes first, because nobody may rely on the order of use.
  for (const weight of description.weights.toReversed())
    for (const tensor of halves(weight, weights.get(weight.key))) {
      onBytes((loadedBytes += tensor.bytes.length));
      yield await Promise.resolve(tensor);
    }
}

function halves({ key, shape }: Weight, values: Float32Array | undefined): LoadedValues[] {
  assert(values !== undefined, `${key} was not generated`);
  const [rows = 0, ...columns] = shape;
  const [half, columnCount] = [rows / 2, values.length / rows];
  return [0, half].map((firstRow) => ({
    weight: key,
    part: "values",
    firstRow,
    shape: [half, ...columns],
    dtype: "f32",
    bytes: encodeFloats(
      values.subarray(firstRow * columnCount, (firstRow + half) * columnCount),
      "f32",
    ),
  }));
}
