import { expect, test } from "vitest";
import { WorkerRenderer } from "./worker-renderer.ts";

const startWorker = () =>
  new Worker(new URL("../../../workers/template.worker.ts", import.meta.url), { type: "module" });

const renders = (jinja: string) => ({ jinja, messages: [], bosToken: "b", eosToken: "", nowMs: 0 });
const ENDLESS = "{% for i in range(60000) %}{% for j in range(60000) %}{% endfor %}{% endfor %}";

test("a program that never ends is ended, and another one runs after it", async () => {
  const renderer = new WorkerRenderer(startWorker);
  expect(await renderer.render(renders("{{ bos_token }}"))).toEqual({ text: "b" });
  const begunMs = performance.now();
  expect(await renderer.render(renders(ENDLESS))).toEqual({ fault: "too-slow" });
  // Twice 200 ms, and the start of a worker; more on a machine that is busy with other tests.
  expect(performance.now() - begunMs).toBeLessThan(5000);
  expect(await renderer.render(renders("{{ bos_token }}"))).toEqual({ text: "b" });
});
