import { afterEach, expect, test, vi } from "vitest";
import { blockLocalStorage, stubLocalStorage } from "../models/testing-local-storage.ts";
import { ObservableValue } from "../observable-value.ts";
import type { EngineStatus } from "../../protocol/engine-api.ts";
import { model } from "../workers/testing-engine-worker.ts";
import { adapterKey, loadedBytes, rememberLoaded, rememberLoadedModels } from "./loaded-before.ts";

afterEach(() => vi.unstubAllGlobals());

test("the largest model of each card is remembered", () => {
  stubLocalStorage();
  expect(loadedBytes("intel gen-12lp")).toBeUndefined();
  rememberLoaded("intel gen-12lp", 5e8);
  rememberLoaded("nvidia ampere", 4e9);
  rememberLoaded("intel gen-12lp", 1e8);
  expect(loadedBytes("intel gen-12lp")).toBe(5e8);
  expect(loadedBytes("nvidia ampere")).toBe(4e9);
});

test("no more than eight cards are, the latest ones", () => {
  const items = stubLocalStorage();
  for (let n = 0; n < 12; n++) rememberLoaded(`card ${n}`, 1e6 + n);
  expect(loadedBytes("card 3")).toBeUndefined();
  expect(loadedBytes("card 4")).toBe(1_000_004);
  expect([...items.values()].join().length).toBeLessThan(1000);
});

test("what this page did not write is nothing, and a browser that keeps nothing is no harm", () => {
  const key = "rekindle.loaded-on-cards";
  for (const text of ["no JSON", "7", '[{"card":1,"bytes":2}]', '[{"card":"c","bytes":-5}]']) {
    stubLocalStorage(new Map([[key, text]]));
    expect(loadedBytes("c")).toBeUndefined();
  }
  stubLocalStorage(new Map([[key, JSON.stringify([{ card: "c", bytes: 2 ** 50 }])]]));
  expect(loadedBytes("c")).toBeUndefined();
  blockLocalStorage();
  rememberLoaded("c", 5e8);
  expect(loadedBytes("c")).toBeUndefined();
});

test("a card is called as the engine calls it", () => {
  const of = (vendor: string, architecture: string, description: string) =>
    adapterKey({ vendor, architecture, description });
  expect(of("google", "swiftshader", "")).toBe("google swiftshader");
  expect(of("", "", "")).toBe("unknown");
});

test("what the engine has on a card is remembered, and what runs on the processor is not", () => {
  stubLocalStorage();
  const status = new ObservableValue<EngineStatus>({ phase: "idle" });
  rememberLoadedModels(status);
  status.set({ phase: "ready", model: { ...model, device: "processor", adapter: "p" } });
  expect(loadedBytes("p")).toBeUndefined();
  status.set({ phase: "ready", model: { ...model, device: "gpu", adapter: "c", gpuBytes: 5e8 } });
  expect(loadedBytes("c")).toBe(5e8);
});
