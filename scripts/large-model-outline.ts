import { generateModel } from "../src/model/generate/generate-model.ts";

/** The files of a model of random weights that say what it is, by name, without the weights: 20.7 MB of them. */
export async function largeModelOutline(): Promise<Map<string, Uint8Array>> {
  const { files } = await generateModel({ quantization: "q0f32", hidden: 128, vocab: 80_000 });
  for (const name of files.keys()) if (name.endsWith(".bin")) files.delete(name);
  return files;
}
