import { generateModel } from "../src/model/generate/generate-model.ts";

/** Files by name of a model with 20.7 MB of random weights: all files but those that hold the weights. */
export async function largeModelOutline(): Promise<Map<string, Uint8Array>> {
  const { files } = await generateModel({ quantization: "q0f32", hidden: 128, vocab: 80_000 });
  for (const name of files.keys()) if (name.endsWith(".bin")) files.delete(name);
  return files;
}
