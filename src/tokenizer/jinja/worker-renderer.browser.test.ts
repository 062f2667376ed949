import { expect, test } from "vitest";
import { WorkerRenderer } from "./worker-renderer.ts";

const startWorker = () =>
  new Worker(new URL("../../../workers/template.worker.ts", import.meta.url), { type: "module" });

const renders = (jinja: string) => ({ jinja, messages: [], bosToken: "b", eosToken: "", nowMs: 0 });
const ENDLESS = "{% for i in range(60000) %}{% for j in range(60000) %}{% endfor %}{% endfor %}";

test("a program that never ends is ended, and another one runs after it", async () => {
  const renderer = new WorkerRenderer(startWorker);
  expect(await renderer.render(renders("{{ bos_token }}"))).toEqual({ text: "b" });
  expect(await renderer.render(renders(ENDLESS))).toEqual({ fault: "too-slow" });
  expect(await renderer.render(renders("{{ bos_token }}"))).toEqual({ text: "b" });
});
