import { expectClose } from "../../gpu/expect-close.ts";
import { gpuTest } from "../../gpu/testing.ts";
import { generateModel, type GeneratedModel } from "../generate/generate-model.ts";
import { createMemorySource, MEMORY_ADDRESS } from "../sources/memory-source-testing.ts";
import { createMlcSource } from "../sources/mlc/mlc-source.ts";
import { EXTENDED_REGISTRY } from "../sources/mlc/extended-registry-testing.ts";
import { fetchGenerated, loadTransformer } from "../testing.ts";
import { forwardReference } from "./forward-reference.ts";
import type { Transformer } from "./transformer.ts";

const TOKENS = Uint32Array.from({ length: 19 }, (_, i) => i * 13 + 5);

/** How far logits may be off, for the reasons given in generated-model.gpu.test.ts. */
const TOLERANCE = { atol: 5e-3, rtol: 0 };

async function expectReference(
  transformer: Transformer,
  { config, weights }: Pick<GeneratedModel, "config" | "weights">,
): Promise<void> {
  transformer.prefillStep(TOKENS, 0, "logits");
  expectClose(await transformer.readLogits(), forwardReference(config, weights, TOKENS), TOLERANCE);
}

gpuTest("an architecture that was only registered runs", async ({ gpu }) => {
  const model = await generateModel({ architecture: "renamed" }, EXTENDED_REGISTRY);
  const sources = [createMlcSource(EXTENDED_REGISTRY)];
  const { transformer } = await loadTransformer(
    gpu,
    "/generated/",
    fetchGenerated(model.files),
    sources,
  );
  await expectReference(transformer, model);
});

gpuTest("a model of a source that was only registered runs", async ({ gpu }) => {
  const { source, model } = await createMemorySource();
  const { transformer } = await loadTransformer(gpu, MEMORY_ADDRESS, undefined, [source]);
  await expectReference(transformer, model);
});
