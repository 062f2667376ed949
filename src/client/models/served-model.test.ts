import { expect, test, vi } from "vitest";
import { parseServed, servedModel } from "./served-model.ts";
import { blockLocalStorage, stubLocalStorage } from "./testing-local-storage.ts";

const PAGE = "https://rekindle.example/app/#/c/1";
const DESCRIPTION = "https://rekindle.example/app/models/local.json";
const told = { name: "S", url: "local/s.gguf", bytes: 94e6 };
const served = { ...told, url: "https://rekindle.example/app/models/local/s.gguf" };

const asked = (text: string | Error, isOnline = true) => {
  const ask = vi.fn(() => (text instanceof Error ? Promise.reject(text) : Promise.resolve(text)));
  return { ask, model: servedModel(PAGE, { ask, isOnline }) };
};

test("the server is asked at each visit, and remembered for those without a network", async () => {
  stubLocalStorage();
  const first = asked(JSON.stringify(told));
  expect(await first.model).toEqual(served);
  expect(first.ask).toHaveBeenCalledWith(DESCRIPTION);
  expect(await asked(new TypeError("no network")).model).toEqual(served);
  const offline = asked("", false);
  expect(await offline.model).toEqual(served);
  expect(offline.ask).not.toHaveBeenCalled();
});

test("a server that offers nothing any more is believed", async () => {
  stubLocalStorage();
  await asked(JSON.stringify(told)).model;
  expect(await asked("null").model).toBeUndefined();
  expect(await asked("", false).model).toBeUndefined();
});

test("blocked storage changes nothing with a network", async () => {
  blockLocalStorage();
  expect(await asked(JSON.stringify(told)).model).toEqual(served);
  expect(await asked(new TypeError("no network")).model).toBeUndefined();
});

test.each([
  "",
  "null",
  "[]",
  "<!doctype html>",
  JSON.stringify({ ...told, url: 1 }),
  JSON.stringify({ ...told, name: null }),
  JSON.stringify({ ...told, bytes: "94" }),
  JSON.stringify({ ...told, bytes: 0 }),
  JSON.stringify({ ...told, bytes: 1e300 }),
  JSON.stringify({ ...told, url: "https://evil.example/s.gguf" }),
  JSON.stringify({ ...told, url: "//evil.example/s.gguf" }),
  JSON.stringify({ ...told, url: "javascript:alert(1)//s.gguf" }),
  JSON.stringify({ ...told, url: "local/s.bin" }),
  JSON.stringify({ ...told, url: `${"a/".repeat(2000)}s.gguf` }),
  JSON.stringify({ ...told, more: "x".repeat(20_000) }),
])("what describes no file of the page's own server is nothing: %.70s", (text) => {
  expect(parseServed(text, DESCRIPTION)).toBeUndefined();
});

test("a name is made plain, and the address loses what does not distinguish files", () => {
  const text = JSON.stringify({ ...told, name: "S\u202e\n2", url: "local/s.gguf?x#y" });
  expect(parseServed(text, DESCRIPTION)).toEqual({ ...served, name: "S 2" });
});
