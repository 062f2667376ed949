import { expectClose } from "../../device/expect-close.ts";
import { deviceTest } from "../../device/testing.ts";
import { generateModel, type GeneratedModel } from "../generate/generate-model.ts";
import { createMemorySource, MEMORY_ADDRESS } from "../sources/memory-source-testing.ts";
import { createMlcSource } from "../sources/mlc/mlc-source.ts";
import { EXTENDED_REGISTRY } from "../sources/mlc/extended-registry-testing.ts";
import { fetchGenerated, loadTransformer } from "../testing.ts";
import { forwardReference } from "./forward-reference.ts";
import type { Transformer } from "./transformer.ts";

const TOKENS = Uint32Array.from({ length: 19 }, (_, i) => i * 13 + 5);

/** How far logits may be off, for the reasons given in generated-model.device.test.ts. */
const TOLERANCE = { atol: 5e-3, rtol: 0 };

async function expectReference(
  transformer: Transformer,
  { config, weights }: Pick<GeneratedModel, "config" | "weights">,
): Promise<void> {
  transformer.prefillStep(TOKENS, 0, "logits");
  expectClose(await transformer.readLogits(), forwardReference(config, weights, TOKENS), TOLERANCE);
}

deviceTest("an architecture that was only registered runs", async ({ hardware }) => {
  const model = await generateModel({ architecture: "renamed" }, EXTENDED_REGISTRY);
  const sources = [createMlcSource(EXTENDED_REGISTRY)];
  const { transformer } = await loadTransformer(
    hardware,
    "/generated/",
    fetchGenerated(model.files),
    sources,
  );
  await expectReference(transformer, model);
});

deviceTest("a model of a source that was only registered runs", async ({ hardware }) => {
  const { source, model } = await createMemorySource();
  const { transformer } = await loadTransformer(hardware, MEMORY_ADDRESS, undefined, [source]);
  await expectReference(transformer, model);
});
