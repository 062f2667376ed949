import { afterEach, expect, test, vi } from "vitest";
import { LearningSetting } from "./learning-setting.ts";
import { blockLocalStorage, stubLocalStorage } from "./testing-local-storage.ts";

afterEach(() => vi.unstubAllGlobals());

test("learning is on until it is switched off, which holds at the next visit; on leaves nothing behind", () => {
  const kept = stubLocalStorage();
  const setting = new LearningSetting();
  const told = vi.fn();
  setting.subscribe(told);
  expect(setting.getSnapshot()).toBe(true);
  setting.choose(false);
  expect(told).toHaveBeenCalledOnce();
  expect(new LearningSetting().getSnapshot()).toBe(false);
  setting.choose(true);
  expect(new LearningSetting().getSnapshot()).toBe(true);
  expect(kept.size).toBe(0);
});

test("what another tab has chosen is taken over, and told only if it is new", () => {
  stubLocalStorage();
  const setting = new LearningSetting();
  const told = vi.fn();
  setting.subscribe(told);
  setting.reread();
  expect(told).not.toHaveBeenCalled();
  new LearningSetting().choose(false);
  setting.reread();
  expect(setting.getSnapshot()).toBe(false);
  expect(told).toHaveBeenCalledOnce();
});

test("what this page did not write, and a browser that keeps nothing, mean on", () => {
  stubLocalStorage(new Map([["rekindle.learning", "maybe"]]));
  expect(new LearningSetting().getSnapshot()).toBe(true);
  blockLocalStorage();
  const setting = new LearningSetting();
  setting.choose(false);
  expect(setting.getSnapshot()).toBe(false);
});
