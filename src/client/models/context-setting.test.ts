import { afterEach, expect, test, vi } from "vitest";
import { ContextSetting } from "./context-setting.ts";
import { blockLocalStorage, stubLocalStorage } from "./testing-local-storage.ts";

afterEach(() => vi.unstubAllGlobals());

test("a choice is told, and is there at the next visit; the longest leaves nothing behind", () => {
  const kept = stubLocalStorage();
  const setting = new ContextSetting();
  const told = vi.fn();
  setting.subscribe(told);
  expect(setting.getSnapshot()).toBe(4096);
  setting.choose(1024);
  expect(told).toHaveBeenCalledOnce();
  expect(new ContextSetting().getSnapshot()).toBe(1024);
  setting.choose(4096);
  expect(new ContextSetting().getSnapshot()).toBe(4096);
  expect(kept.size).toBe(0);
});

test("what this page did not write, and a browser that keeps nothing, mean the longest", () => {
  for (const text of ["7", "-1", "1e99", "many"]) {
    stubLocalStorage(new Map([["rekindle.context", text]]));
    expect(new ContextSetting().getSnapshot()).toBe(4096);
  }
  blockLocalStorage();
  const setting = new ContextSetting();
  setting.choose(2048);
  expect(setting.getSnapshot()).toBe(2048);
});
