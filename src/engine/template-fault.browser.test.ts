import { expect, test } from "vitest";
import { PROJECT_ORIGIN } from "../model/testing.ts";
import { localModelAddress } from "../protocol/local-model.ts";
import { rendererInThread } from "../tokenizer/jinja/renderer-in-thread.ts";
import type { TemplateRenderer } from "../tokenizer/jinja/template-renderer.ts";
import { TestEngine, unwrap, user } from "./testing/engine-testing.ts";

const FILE = `${PROJECT_ORIGIN}/src/model/golden/fixtures/llama-gqa-llama3rope/q4_0.gguf`;

test("a chat template that stops working is told of, and turns go on without it", async () => {
  const file = new File([await (await fetch(FILE)).blob()], "tiny.gguf");
  let isSlow = false;
  const templates: TemplateRenderer = {
    prepare: () => undefined,
    render: async (input) => (isSlow ? { fault: "too-slow" } : rendererInThread.render(input)),
  };
  const engine = await TestEngine.idle(undefined, { templates });
  const reference = { url: localModelAddress(file), files: [file] };
  const { templateFault } = unwrap(await engine.api.load(reference));
  expect(templateFault).toBeUndefined();

  isSlow = true;
  expect((await engine.ask("slow", [user("Hi")])).generatedTokens).toBeGreaterThan(0);
  const statuses = engine.events.flatMap((event) =>
    event.type === "status" ? [event.status] : [],
  );
  expect(statuses.at(-1)).toMatchObject({ phase: "ready", model: { templateFault: "too-slow" } });
  await engine.api.release();
});
