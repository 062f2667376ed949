import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { agreedBytes, rememberAgreement, takeBackAgreement } from "./model-agreements.ts";

const URL_A = "https://hub.example/a/";
const URL_B = "https://hub.example/b/";

const items = new Map<string, string>();
beforeEach(() => {
  items.clear();
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => items.set(key, value),
  });
});
afterEach(() => vi.unstubAllGlobals());

test("what was agreed to last is remembered for each address", () => {
  expect(agreedBytes(URL_A)).toBeUndefined();
  rememberAgreement(URL_A, 0);
  rememberAgreement(URL_B, 5);
  rememberAgreement(URL_A, 351e6);
  expect(agreedBytes(URL_A)).toBe(351e6);
  expect(agreedBytes(URL_B)).toBe(5);
});

test("an agreement holds however the address of the repository is spelled", () => {
  rememberAgreement("https://hub.example/m/m", 5);
  expect(agreedBytes("https://hub.example/m/m/resolve/main/")).toBe(5);
  rememberAgreement("https://hub.example/m/m/resolve/main/", 7);
  expect(agreedBytes("https://hub.example/m/m")).toBe(7);
});

test("an agreement is taken back, however the address is spelled, and others stay", () => {
  rememberAgreement("https://hub.example/m/m", 5);
  rememberAgreement(URL_B, 6);
  takeBackAgreement("https://hub.example/m/m/resolve/main/");
  takeBackAgreement(URL_A);
  expect(agreedBytes("https://hub.example/m/m")).toBeUndefined();
  expect(agreedBytes(URL_B)).toBe(6);
});

test("only so many are remembered, the latest ones", () => {
  for (let i = 0; i < 200; i++) rememberAgreement(`https://hub.example/${i}/`, i);
  expect(agreedBytes("https://hub.example/199/")).toBe(199);
  expect(agreedBytes("https://hub.example/0/")).toBeUndefined();
  expect([...items.values()].join("").length).toBeLessThan(5000);
});

test.each([
  "",
  "yes",
  "{}",
  "null",
  `{"${URL_A}":1}`,
  `["${URL_A}"]`,
  `[null,[],{"url":"${URL_A}"}]`,
  `[{"url":"${URL_A}","bytes":"1"}]`,
  `[{"url":"${URL_A}","bytes":-1}]`,
  `[{"url":"${URL_A}","bytes":1e300}]`,
  `[{"url":"${URL_A}","bytes":1}${" ".repeat(300_000)}]`,
])("what the page would not write is no agreement: %.60s", (text) => {
  rememberAgreement(URL_A, 1);
  const [key = ""] = items.keys();
  items.set(key, text);
  expect(agreedBytes(URL_A)).toBeUndefined();
  rememberAgreement(URL_B, 2);
  expect(agreedBytes(URL_B)).toBe(2);
});

test("blocked storage remembers nothing, and breaks nothing", () => {
  const refuse = () => {
    throw new DOMException("", "SecurityError");
  };
  for (const storage of [{ getItem: refuse, setItem: refuse }, undefined]) {
    vi.stubGlobal("localStorage", storage);
    rememberAgreement(URL_A, 1);
    expect(agreedBytes(URL_A)).toBeUndefined();
  }
});
