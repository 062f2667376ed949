import { expect, test, vi } from "vitest";
import { loadFirstModel } from "./first-model.ts";
import type { LastUsed } from "./last-used.ts";
import { isSoftwareAdapter } from "./software-adapter.ts";

const host = "https://rekindle.example/";
const PIP = `${host}models/pip-4.7m/mlc-q0f16/`;
const served = { url: `${host}models/local/s.gguf`, name: "S", bytes: 1 };

function visit(used?: LastUsed, { software = false, offers = true } = {}) {
  const calls: string[] = [];
  const choice = {
    serve: (model: typeof served | undefined) => void calls.push(`serve ${model?.name ?? "none"}`),
    loadIfFree: (url: string) => (calls.push(`load ${url}`), Promise.resolve()),
  };
  const surroundings = {
    lastUsed: () => used,
    servedModel: () => Promise.resolve(offers ? served : undefined),
    isSoftwareAdapter: vi.fn(() => Promise.resolve(software)),
  };
  const start = async (asked?: string) => {
    await loadFirstModel(choice, { asked, host }, surroundings);
    return calls;
  };
  return { start, isSoftwareAdapter: surroundings.isSoftwareAdapter };
}

test("the first visit begins with the served model, or in software with Pip beside it", async () => {
  expect(await visit().start()).toEqual(["serve S", `load ${served.url}`]);
  expect(await visit(undefined, { software: true }).start()).toEqual(["serve S", `load ${PIP}`]);
});

test("where nothing is served the graphics card is not asked for", async () => {
  const { start, isSoftwareAdapter } = visit(undefined, { offers: false });
  expect(await start()).toEqual(["serve none", `load ${PIP}`]);
  expect(isSoftwareAdapter).not.toHaveBeenCalled();
});

test("a model that is settled waits for nothing", async () => {
  const file = "local:m.gguf?size=5&modified=7";
  expect(await visit({ url: file, wasServed: false }).start()).toEqual([
    "serve none",
    `load ${file}`,
    "serve S",
  ]);
  const { start, isSoftwareAdapter } = visit({ url: file, wasServed: false });
  expect((await start("https://hub.example/m/"))[1]).toBe("load https://hub.example/m/");
  expect(isSoftwareAdapter).not.toHaveBeenCalled();
});

test("a served model that was used last is used again, whatever the device", async () => {
  const { start, isSoftwareAdapter } = visit({ url: served.url, wasServed: true });
  expect(await start()).toEqual(["serve S", `load ${served.url}`]);
  expect(isSoftwareAdapter).not.toHaveBeenCalled();
});

test("an adapter that is software, missing or silent counts as software", async () => {
  const api = (adapter: unknown) => ({ requestAdapter: () => Promise.resolve(adapter as null) });
  expect(await isSoftwareAdapter(api({ info: { isFallbackAdapter: false } }))).toBe(false);
  expect(await isSoftwareAdapter(api({ info: { isFallbackAdapter: true } }))).toBe(true);
  expect(await isSoftwareAdapter(api(null))).toBe(true);
  expect(await isSoftwareAdapter({ requestAdapter: () => Promise.reject(new Error()) })).toBe(true);
  vi.useFakeTimers();
  const silent = isSoftwareAdapter({ requestAdapter: () => new Promise(() => undefined) });
  await vi.advanceTimersByTimeAsync(2000);
  vi.useRealTimers();
  expect(await silent).toBe(true);
});
