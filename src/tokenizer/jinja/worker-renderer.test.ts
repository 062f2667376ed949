import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { renderJinja } from "./render-jinja.ts";
import type { JinjaInput } from "./template-renderer.ts";
import {
  noRenderer,
  WORKER_IS_READY,
  WorkerRenderer,
  type TemplateWorker,
} from "./worker-renderer.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const input: JinjaInput = {
  jinja: "{{ bos_token }}!",
  messages: [],
  bosToken: "b",
  eosToken: "",
  nowMs: 0,
};
const LOOP: JinjaInput = { ...input, jinja: "loop" };

/** Workers that run programs, except for one that never ends. */
class Workers {
  started = 0;
  ended = 0;
  constructor(readonly starts: "well" | "never" | "badly" = "well") {}

  readonly start = (): TemplateWorker => {
    this.started++;
    const say = (data: unknown) => {
      queueMicrotask(() => worker.onmessage?.({ data } as MessageEvent));
    };
    const worker: TemplateWorker = {
      onmessage: null,
      onerror: null,
      postMessage: (asked) => {
        if (asked.jinja !== "loop") say(renderJinja(asked));
      },
      terminate: () => this.ended++,
    };
    if (this.starts === "well") say(WORKER_IS_READY);
    if (this.starts === "badly") queueMicrotask(() => worker.onerror?.({} as ErrorEvent));
    return worker;
  };
}

test("one worker runs one program after the other", async () => {
  const workers = new Workers();
  const renderer = new WorkerRenderer(workers.start);
  renderer.prepare();
  const outputs = await Promise.all([renderer.render(input), renderer.render(input)]);
  expect(outputs).toEqual([{ text: "b!" }, { text: "b!" }]);
  expect(workers).toMatchObject({ started: 1, ended: 0 });
});

test("a program that takes too long is ended after a second try, and the next one gets a new worker", async () => {
  const workers = new Workers();
  const renderer = new WorkerRenderer(workers.start);
  const endless = renderer.render(LOOP);
  const next = renderer.render(input);
  await vi.advanceTimersByTimeAsync(199);
  expect(workers.ended).toBe(0);
  await vi.advanceTimersByTimeAsync(20);
  expect(workers.ended).toBe(1);
  await vi.advanceTimersByTimeAsync(620);
  expect(await endless).toEqual({ fault: "too-slow" });
  expect(await next).toEqual({ text: "b!" });
  expect(workers).toMatchObject({ started: 3, ended: 2 });
});

test("where a worker does not start, no program is run", async () => {
  const failing = new WorkerRenderer(new Workers("badly").start);
  expect(await failing.render(input)).toEqual({ fault: "unavailable" });
  const silent = new WorkerRenderer(new Workers("never").start).render(input);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await silent).toEqual({ fault: "unavailable" });
  expect(await noRenderer.render(input)).toEqual({ fault: "unavailable" });
});
