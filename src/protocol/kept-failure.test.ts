import { expect, test } from "vitest";
import { keptFailure } from "./kept-failure.ts";

const url = "https://models.test/m/a.bin";

test("what was stored of a failure comes back, and nothing that was stored beside it", () => {
  const failure = { code: "model-checksum", url, expected: "0a", found: "0b" } as const;
  expect(keptFailure({ ...failure, more: "x" })).toEqual(failure);
  const full = { code: "download-no-room", neededBytes: 5, freeBytes: 0 } as const;
  expect(keptFailure(structuredClone(full))).toEqual(full);
  expect(keptFailure({ code: "quota-exceeded" })).toEqual({ code: "quota-exceeded" });
});

test.each([
  undefined,
  null,
  "quota-exceeded",
  [],
  { code: "toString" },
  { code: "__proto__" },
  { code: "busy" },
  { code: "model-http-error", url, status: -1 },
  { code: "model-http-error", url: "no address", status: 404 },
  { code: "model-http-error", status: 404 },
  { code: "model-checksum", url, expected: "0a", found: "x".repeat(5000) },
  { code: "download-no-room", neededBytes: 1.5, freeBytes: Infinity },
  { code: "model-unsupported", what: "anything", found: "x" },
])("what cannot be a failure of a download is none: %j", (stored) => {
  expect(keptFailure(stored)).toBeUndefined();
});
