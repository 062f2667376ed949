import { expect, test } from "vitest";
import { lastUsed, rememberLastUsed } from "./last-used.ts";
import { blockLocalStorage, stubLocalStorage } from "./testing-local-storage.ts";

const FILE = { url: "local:m.gguf?size=5&modified=7", wasServed: false };

test("the model that was used last is remembered, and forgotten", () => {
  stubLocalStorage();
  expect(lastUsed()).toBeUndefined();
  for (const used of [FILE, { url: "https://hub.example/m/", wasServed: true }]) {
    rememberLastUsed(used);
    expect(lastUsed()).toEqual(used);
  }
  rememberLastUsed(undefined);
  expect(lastUsed()).toBeUndefined();
});

test.each([
  "",
  "yes",
  "[]",
  "null",
  '"https://hub.example/m/"',
  '{"url":1,"wasServed":true}',
  '{"url":"https://hub.example/m/"}',
  '{"url":"javascript:alert(1)","wasServed":false}',
  '{"url":"blob:https://x.example/1","wasServed":false}',
  '{"url":"local:","wasServed":false}',
  `{"url":"https://hub.example/${"x".repeat(5000)}","wasServed":false}`,
])("what the page would not write is nothing: %.60s", (text) => {
  const items = stubLocalStorage();
  rememberLastUsed(FILE);
  const [key = ""] = items.keys();
  items.set(key, text);
  expect(lastUsed()).toBeUndefined();
});

test("blocked storage remembers nothing, and breaks nothing", () => {
  blockLocalStorage();
  rememberLastUsed(FILE);
  rememberLastUsed(undefined);
  expect(lastUsed()).toBeUndefined();
});
