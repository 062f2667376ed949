import { afterEach, expect, test, vi } from "vitest";
import { ENGINES } from "./engines.ts";
import { engineScriptUrl, ownScript, scriptUrl } from "./script-urls.ts";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

const NAMES = ["store", "download", "highlight", "serviceWorker"] as const;

test("the page's scripts are those of its own folder", () => {
  const urls = [...NAMES.map(scriptUrl), ...ENGINES.map(engineScriptUrl)];
  expect(urls.map((url) => new URL(url, "https://rekindle.example").host)).toEqual(
    urls.map(() => "rekindle.example"),
  );
  expect(urls.map(ownScript)).toEqual(urls);
});

test.each([
  "",
  "https://evil.example/engine.worker.js",
  "//evil.example/sw.js",
  "blob:https://rekindle.example/1",
  "data:text/javascript,alert(1)",
  "/sw.js?evil",
  "/evil/../sw.js",
  "toString",
])("%j is none of them", (url) => {
  expect(() => ownScript(url)).toThrow(TypeError);
});

test("where the browser has Trusted Types, every URL comes from the one policy", async () => {
  const createPolicy = vi.fn((_name: string, rules: { createScriptURL: typeof ownScript }) => ({
    createScriptURL: (url: string) => ({ trusted: rules.createScriptURL(url) }),
  }));
  vi.stubGlobal("trustedTypes", { createPolicy });
  vi.resetModules();
  const anew = await import("./script-urls.ts");
  expect(anew.scriptUrl("store")).toEqual({ trusted: scriptUrl("store") });
  expect(createPolicy.mock.calls.map(([name]) => name)).toEqual(["rekindle"]);
});
