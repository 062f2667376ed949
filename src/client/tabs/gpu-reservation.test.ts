import { describe, expect, test, vi } from "vitest";
import { fail, ok } from "../../protocol/errors.ts";
import { EngineClient } from "../workers/engine-client.ts";
import { GpuReservation } from "./gpu-reservation.ts";
import { holdersIn } from "./gpu-sharing-rules.ts";
import { summary } from "../testing-engine.ts";
import { fakeWorker, ignore, model } from "../workers/testing-engine-worker.ts";
import { FakeBrowser } from "./testing-tabs.ts";

const BYTES = 60;
const loaded = { ...model, gpuBytes: BYTES };
const TIGHT = BYTES;
const ROOMY = 10 * BYTES;

/** Several tabs of one browser, each with an engine. */
class Tabs {
  readonly browser = new FakeBrowser();

  open(budgetBytes = TIGHT, overrides: Parameters<typeof fakeWorker>[0] = {}) {
    const tab = this.browser.openTab();
    const worker = fakeWorker({
      load: ({ url }) => {
        worker.calls.push(`load ${url}`);
        worker.emit({ type: "status", status: { phase: "ready", model: loaded } });
        return Promise.resolve(ok(loaded));
      },
      ...overrides,
    });
    const { locks, channel } = tab;
    const onAsked = () => engine.giveWay();
    const gpu = new GpuReservation({ locks, channel, budgetBytes, onAsked, leaveWaitMs: 200 });
    const spawn = () => worker.connection;
    const engine: EngineClient = new EngineClient({ spawn, gpu });
    const answer = (runId = "r") =>
      engine.generate({ runId, conversationId: "c", messages: [] }, ignore);
    const phase = () => engine.getSnapshot().phase;
    return { tab, engine, gpu, worker, answer, phase, calls: worker.calls };
  }

  /** A tab that has loaded the model, as the only one. */
  async first(budgetBytes = TIGHT, overrides: Parameters<typeof fakeWorker>[0] = {}) {
    const first = this.open(budgetBytes, overrides);
    await first.engine.loadIfFree(model);
    await vi.waitFor(() => expect(this.sizes()).toEqual([BYTES]));
    return first;
  }

  sizes(): number[] {
    return holdersIn(this.browser.held()).map(({ bytes }) => bytes);
  }
}

const LOAD = `load ${model.url}`;

describe("a tab that is opened", () => {
  test("loads its model if no other tab has one, and says how large it is", async () => {
    const tabs = new Tabs();
    const { calls, phase } = await tabs.first();
    expect(phase()).toBe("ready");
    expect(calls).toEqual([LOAD]);
  });

  test("loads nothing as long as another tab has a model, and then by itself", async () => {
    const tabs = new Tabs();
    const first = await tabs.first();
    const second = tabs.open();
    await second.engine.loadIfFree(model);
    expect(second.engine.getSnapshot()).toEqual({ phase: "elsewhere", isAwaited: false });
    await second.engine.open({ conversationId: "c", messages: [] });
    await second.engine.prefetch({ conversationId: "c", messages: [] });
    expect(second.calls).toEqual([]);
    tabs.browser.close(first.tab);
    await vi.waitFor(() => expect(second.phase()).toBe("ready"));
    expect(second.calls).toEqual([LOAD]);
  });

  test("together with others: one of them loads", async () => {
    const tabs = new Tabs();
    const opened = [tabs.open(), tabs.open(), tabs.open()];
    await Promise.all(opened.map(({ engine }) => engine.loadIfFree(model)));
    await vi.waitFor(() => expect(tabs.sizes()).toEqual([BYTES]));
    expect(opened.map(({ calls }) => calls.length)).toEqual([1, 0, 0]);
  });

  test("loads at once where the browser refuses locks", async () => {
    const refuse = () => Promise.reject(new DOMException("blocked", "SecurityError"));
    const { channel } = new FakeBrowser().openTab();
    const locks = { request: refuse, query: refuse };
    const onAsked = () => Promise.resolve();
    const worker = fakeWorker();
    const gpu = new GpuReservation({ locks, channel, budgetBytes: 1, onAsked });
    const engine = new EngineClient({ spawn: () => worker.connection, gpu });
    await engine.loadIfFree(model);
    await vi.waitFor(() => expect(worker.calls).toEqual([LOAD]));
    const request = { runId: "r", conversationId: "c", messages: [] };
    expect(await engine.generate(request, ignore)).toEqual(ok(summary("Hi")));
  });
});

describe("a tab that is to answer", () => {
  test("loads its model beside the other's, if there is room for both", async () => {
    const tabs = new Tabs();
    const first = await tabs.first(ROOMY);
    const second = tabs.open(ROOMY);
    await second.engine.loadIfFree(model);
    expect(await second.answer()).toEqual(ok(summary("Hi")));
    expect(second.calls).toEqual([LOAD, "generate r"]);
    expect(first.calls).toEqual([LOAD]);
    expect(tabs.sizes()).toEqual([BYTES, BYTES]);
  });

  test("has the other leave before, if there is not; and so in turns", async () => {
    const tabs = new Tabs();
    const first = await tabs.first();
    const second = tabs.open();
    await second.engine.loadIfFree(model);
    expect(await second.answer()).toEqual(ok(summary("Hi")));
    expect(first.engine.getSnapshot()).toEqual({ phase: "elsewhere", isAwaited: false });
    expect(first.calls).toEqual([LOAD, "release"]);
    expect(tabs.sizes()).toEqual([BYTES]);

    expect(await first.answer()).toEqual(ok(summary("Hi")));
    expect(first.calls).toEqual([LOAD, "release", LOAD, "generate r"]);
    expect(second.phase()).toBe("elsewhere");
    expect(second.calls).toEqual([LOAD, "generate r", "release"]);
    expect(tabs.sizes()).toEqual([BYTES]);

    tabs.browser.close(first.tab);
    await vi.waitFor(() => expect(second.phase()).toBe("ready"));
    expect(second.calls).toEqual([LOAD, "generate r", "release", LOAD]);
  });

  test("waits for the other as long as that stores, and loads nothing meanwhile", async () => {
    const tabs = new Tabs();
    let letGo: () => void = ignore;
    const release = () => new Promise<void>((resolve) => (letGo = resolve));
    const first = await tabs.first(TIGHT, { release });
    const second = tabs.open();
    await second.engine.loadIfFree(model);
    const answered = second.answer();
    await vi.waitFor(() => expect(letGo).not.toBe(ignore));
    expect(second.engine.getSnapshot()).toEqual({ phase: "elsewhere", isAwaited: true });
    expect(second.calls).toEqual([]);
    letGo();
    expect(await answered).toEqual(ok(summary("Hi")));
    expect(first.phase()).toBe("elsewhere");
  });

  test("goes on when the other does not leave, or was closed", async () => {
    const tabs = new Tabs();
    const release = () => new Promise<void>(ignore);
    const first = await tabs.first(TIGHT, { release });
    const second = tabs.open();
    await second.engine.loadIfFree(model);
    expect(await second.answer()).toEqual(ok(summary("Hi")));
    tabs.browser.close(first.tab);
    const third = tabs.open(ROOMY);
    await third.engine.loadIfFree(model);
    expect(await third.answer()).toEqual(ok(summary("Hi")));
  });

  test("can be stopped while it waits, and then holds nothing", async () => {
    const tabs = new Tabs();
    const release = () => new Promise<void>(ignore);
    await tabs.first(TIGHT, { release });
    const second = tabs.open();
    await second.engine.loadIfFree(model);
    const answered = second.answer("stopped");
    await vi.waitFor(() => expect(second.engine.getSnapshot()).toMatchObject({ isAwaited: true }));
    await second.engine.cancel("stopped");
    expect(await answered).toEqual(fail({ code: "cancelled" }));
    expect(second.engine.getSnapshot()).toEqual({ phase: "elsewhere", isAwaited: false });
    expect(second.calls).not.toContain(LOAD);
    expect(tabs.sizes()).toEqual([BYTES]);
  });

  test("before it is known whether another has the model, waits for that", async () => {
    const tabs = new Tabs();
    const only = tabs.open();
    void only.engine.loadIfFree(model);
    expect(await only.answer()).toEqual(ok(summary("Hi")));
    expect(only.calls).toEqual([LOAD, "generate r"]);
  });

  test("GS5: has all others leave when memory runs out, and loads once more", async () => {
    const tabs = new Tabs();
    const first = await tabs.first(ROOMY);
    let isFull = true;
    const second = tabs.open(ROOMY, {
      load: () => {
        second.calls.push("load");
        const full = fail({ code: "out-of-memory", neededBytes: 5 });
        const result = isFull ? full : ok(loaded);
        isFull = false;
        return Promise.resolve(result);
      },
      generate: () => {
        second.calls.push("generate");
        const isFirst = second.calls.filter((call) => call === "generate").length === 1;
        const full = fail({ code: "out-of-memory", neededBytes: 5 });
        return Promise.resolve(isFirst ? full : ok(summary("Hi")));
      },
    });
    await second.engine.loadIfFree(model);
    expect(await second.answer()).toEqual(ok(summary("Hi")));
    expect(second.calls).toEqual(["load", "generate", "load", "generate"]);
    expect(first.phase()).toBe("elsewhere");
  });

  test("two that wait for one do not wait for each other", async () => {
    const tabs = new Tabs();
    await tabs.first();
    const [second, third] = [tabs.open(), tabs.open()];
    await Promise.all([second, third].map(({ engine }) => engine.loadIfFree(model)));
    const answers = await Promise.all([second.answer(), third.answer()]);
    expect(answers).toEqual([ok(summary("Hi")), ok(summary("Hi"))]);
    await vi.waitFor(() => expect(tabs.sizes()).toEqual([BYTES]));
  });
});

test("a tab whose load fails, or whose worker dies, keeps the card from no other", async () => {
  const tabs = new Tabs();
  const failing = tabs.open(TIGHT, {
    load: () => Promise.resolve(fail({ code: "model-unreachable", url: "" })),
  });
  await failing.engine.loadIfFree(model);
  await vi.waitFor(() => expect(tabs.sizes()).toEqual([]));
  const dying = await tabs.first();
  dying.worker.die();
  await vi.waitFor(() => expect(tabs.sizes()).toEqual([]));
});
