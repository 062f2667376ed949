import { afterEach, expect, test, vi } from "vitest";
import type { IdleTerms } from "../../protocol/engine-storing.ts";
import { LearningSetting } from "./learning-setting.ts";
import { tellIdleTerms } from "./tell-idle-terms.ts";
import { stubLocalStorage } from "./testing-local-storage.ts";

afterEach(() => vi.unstubAllGlobals());

/** A page whose visibility can be changed. */
class TestDocument extends EventTarget {
  visibilityState: DocumentVisibilityState = "visible";

  become(state: DocumentVisibilityState): void {
    this.visibilityState = state;
    this.dispatchEvent(new Event("visibilitychange"));
  }
}

function start() {
  stubLocalStorage();
  const told: IdleTerms[] = [];
  const engine = {
    setIdleTerms: (terms: IdleTerms) => {
      told.push(terms);
      return Promise.resolve();
    },
  };
  const setting = new LearningSetting();
  const page = { document: new TestDocument(), window: new EventTarget() };
  tellIdleTerms(engine, setting, page);
  return { told, setting, page };
}

test("the engine is told at once, when the page is hidden or seen again, and when learning is switched", () => {
  const { told, setting, page } = start();
  page.document.become("hidden");
  page.document.become("visible");
  setting.choose(false);
  expect(told).toEqual([
    { learning: true, visible: true, writing: false },
    { learning: true, visible: false, writing: false },
    { learning: true, visible: true, writing: false },
    { learning: false, visible: true, writing: false },
  ]);
});

test("what another tab switches reaches this tab's engine", () => {
  const { told, page } = start();
  new LearningSetting().choose(false);
  page.window.dispatchEvent(new Event("storage"));
  expect(told.at(-1)).toEqual({ learning: false, visible: true, writing: false });
});

test("the engine is told once that somebody writes, and some seconds after the last key that they do not", () => {
  vi.useFakeTimers();
  const { told, page } = start();
  const type = () => page.document.dispatchEvent(new Event("input"));
  type();
  vi.advanceTimersByTime(3000);
  type();
  vi.advanceTimersByTime(3000);
  expect(told.map(({ writing }) => writing)).toEqual([false, true]);
  vi.advanceTimersByTime(3000);
  expect(told.map(({ writing }) => writing)).toEqual([false, true, false]);
  type();
  expect(told.at(-1)?.writing).toBe(true);
  vi.useRealTimers();
});
