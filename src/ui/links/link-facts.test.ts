import { describe, expect, test } from "vitest";
import { isAskedAbout, linkFacts } from "./link-facts.ts";

const warningsOf = (url: string, text: string) => linkFacts(url, text)?.warnings;

test.each([
  "mailto:a@b.example",
  "tel:+123",
  "javascript:alert(1)",
  "data:text/html,x",
  "vscode://open",
  "#/c/1",
  "x",
])("LK1: %s is not followed", (url) => {
  expect(linkFacts(url, "text")).toBeUndefined();
});

test("LK2: the host is as the browser looks it up", () => {
  expect(linkFacts("https://EXAMPLE.com:8443/A?b", "site")).toEqual({
    url: "https://example.com:8443/A?b",
    host: "example.com:8443",
    warnings: [],
  });
  expect(linkFacts("http://0x7f.1/", "site")?.host).toBe("127.0.0.1");
  // The first letter is Cyrillic. In a text it comes in percents.
  expect(linkFacts("https://%D0%B0pple.com/", "apple")).toEqual({
    url: "https://xn--pple-43d.com/",
    host: "xn--pple-43d.com",
    warnings: [{ is: "other-letters" }],
  });
});

test("LK3: a name before the host is no part of it", () => {
  expect(linkFacts("https://bank.example:pw@evil.example/", "Your bank")).toEqual({
    url: "https://bank.example:pw@evil.example/",
    host: "evil.example",
    warnings: [{ is: "name-before-host", name: "bank.example" }],
  });
  expect(warningsOf("https://%E0%A4@evil.example/", "x")).toEqual([
    { is: "name-before-host", name: "%E0%A4" },
  ]);
});

describe("LK4: the text", () => {
  test.each([
    ["https://bank.example/login", "bank.example"],
    ["www.bank.example", "bank.example"],
    ["bank.example", "bank.example"],
    ["bank.example/login", "bank.example"],
    ["See https://bank.example now", "bank.example"],
    ["docs.evil.example", "docs.evil.example"],
    ["bаnk.example", "xn--bnk-6cd.example"],
  ])("%s names another host", (text, named) => {
    expect(warningsOf("https://evil.example/", text)).toEqual([{ is: "text-names-other", named }]);
  });

  test.each(["Your bank", "evil.example", "www.evil.example/x", "node.js", "Yes. No", "1.5", ""])(
    "“%s” names none other",
    (text) => {
      expect(warningsOf("https://www.evil.example/", text)).toEqual([]);
    },
  );

  test("may name what the host is part of, not what the host only begins with", () => {
    expect(warningsOf("https://docs.bank.example/", "bank.example")).toEqual([]);
    expect(warningsOf("https://bank.example.evil.test/", "bank.example")).toHaveLength(1);
    expect(warningsOf("https://notbank.example/", "bank.example")).toHaveLength(1);
  });
});

test("LK5: a long address is said to carry something", () => {
  expect(warningsOf(`https://a.example/?q=${"x".repeat(100)}`, "a")).toEqual([
    { is: "carries-text", characters: 103 },
  ]);
  expect(warningsOf("https://a.example/?q=1#part", "a")).toEqual([]);
});

test("LK6: a known host is asked about only where the link pretends to be another", () => {
  const isAsked = (url: string, text: string, isKnown: boolean) => {
    const facts = linkFacts(url, text);
    return facts && isAskedAbout(facts, () => isKnown);
  };
  expect(isAsked("https://a.example/", "a", false)).toBe(true);
  expect(isAsked("https://a.example/", "a", true)).toBe(false);
  expect(isAsked("https://b.example@a.example/", "a", true)).toBe(true);
  expect(isAsked("https://a.example/", "b.example", true)).toBe(true);
  expect(isAsked("https://xn--pple-43d.com/", "a", true)).toBe(false);
});
