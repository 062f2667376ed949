import { expect, test } from "vitest";
import { statusSentence } from "./status-sentence.ts";

const url = "https://example.test/model/";

test("loading says how far it is, once the whole is known", () => {
  expect(statusSentence({ phase: "loading", url, loadedBytes: 0, totalBytes: 0 })).toBe(
    "Loading the model",
  );
  expect(
    statusSentence({ phase: "loading", url, loadedBytes: 4_120_000, totalBytes: 9_348_480 }),
  ).toBe("Loading the model: 4.1 of 9.3 MB");
});

test("a model with a name is called by it", () => {
  const status = { phase: "loading", url, loadedBytes: 1e6, totalBytes: 94e6 } as const;
  expect(statusSentence(status, "m.gguf")).toBe("Loading m.gguf: 1.0 of 94.0 MB");
});

test("a lost device is told while the model comes back", () => {
  expect(statusSentence({ phase: "recovering" })).toContain("graphics device was reset");
});

test("a tab without the model says what will happen, and what it waits for", () => {
  expect(statusSentence({ phase: "elsewhere", isAwaited: false })).toContain(
    "loaded here when you send a message",
  );
  expect(statusSentence({ phase: "elsewhere", isAwaited: true })).toContain("hands it over");
});

test("a failure leaves the status line to the alert", () => {
  expect(statusSentence({ phase: "failed", failure: { code: "busy" } })).toBe("");
});
