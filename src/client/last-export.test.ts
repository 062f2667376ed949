import { afterEach, expect, test, vi } from "vitest";
import { lastExport, rememberExport } from "./last-export.ts";
import { blockLocalStorage, stubLocalStorage } from "./models/testing-local-storage.ts";

afterEach(() => vi.unstubAllGlobals());

test("an export is remembered; what the page would not write is none", () => {
  stubLocalStorage();
  expect(lastExport()).toBeUndefined();
  rememberExport(1_700_000_000_000);
  expect(lastExport()).toBe(1_700_000_000_000);
  for (const text of ["", "yes", "-1", "1e300", "NaN", "1.5"]) {
    stubLocalStorage(new Map([["rekindle.last-export", text]]));
    expect(lastExport()).toBeUndefined();
  }
});

test("blocked storage remembers nothing, and breaks nothing", () => {
  blockLocalStorage();
  rememberExport(1);
  expect(lastExport()).toBeUndefined();
});
