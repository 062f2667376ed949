import { afterEach, expect, test, vi } from "vitest";
import { countKnownHosts, forgetHosts, isKnownHost, rememberHost } from "./known-hosts.ts";
import { blockLocalStorage, stubLocalStorage } from "./models/testing-local-storage.ts";

afterEach(() => vi.unstubAllGlobals());

test("a host is known once it was opened, until all are forgotten", () => {
  const items = stubLocalStorage();
  expect(isKnownHost("a.example")).toBe(false);
  rememberHost("a.example");
  rememberHost("a.example");
  expect(isKnownHost("a.example")).toBe(true);
  expect(isKnownHost("b.a.example")).toBe(false);
  expect(countKnownHosts()).toBe(1);
  forgetHosts();
  expect(isKnownHost("a.example")).toBe(false);
  expect(items.size).toBe(0);
});

test("of many hosts the oldest are forgotten", () => {
  stubLocalStorage();
  for (let i = 0; i < 250; i++) rememberHost(`${String(i)}.example`);
  expect(countKnownHosts()).toBe(200);
  expect(isKnownHost("249.example")).toBe(true);
  expect(isKnownHost("49.example")).toBe(false);
});

test.each(["", "null", "{}", '[1,null,""]', `["${"x".repeat(300)}"]`, `["${"x".repeat(60_000)}"]`])(
  "what the page would not write is no host: %#",
  (text) => {
    stubLocalStorage(new Map([["rekindle.opened-hosts", text]]));
    expect(countKnownHosts()).toBe(0);
  },
);

test("blocked storage knows no host, and breaks nothing", () => {
  blockLocalStorage();
  rememberHost("a.example");
  expect(isKnownHost("a.example")).toBe(false);
});
