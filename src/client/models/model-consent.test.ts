import { expect, test } from "vitest";
import { consentFor, UNASKED_BYTES } from "./model-consent.ts";

const PIP = "https://rekindle.example/models/pip/";
const consent = (url: string, agreedBytes?: number) =>
  consentFor({ url, embedded: [PIP], agreedBytes });

test("MC1: a model of the page needs no consent", () => {
  expect(consent(PIP)).toEqual({ is: "not-needed" });
});

test.each([
  "https://huggingface.co/models/pip/",
  "https://rekindle.example/models/other/",
  "https://rekindle.example/models/pip/other/",
])("MC1, MC2: %s does, and nothing was agreed to", (url) => {
  expect(consent(url)).toEqual({ is: "missing" });
});

test("MC3: a yes to the host holds for what needs no question", () => {
  expect(consent("https://huggingface.co/m/m/", 0)).toEqual({
    is: "given",
    maxDownloadBytes: UNASKED_BYTES,
  });
});

test("MC3: a yes to a size holds for that size", () => {
  expect(consent("https://huggingface.co/m/m/", 351e6)).toEqual({
    is: "given",
    maxDownloadBytes: 351e6,
  });
});

test.each([
  "https://hub.example/models/pip/",
  "https://rekindle.example:8443/models/pip/",
  "http://rekindle.example/models/pip/",
  "https://huggingface.co.evil.example/m/m/",
])("MC4: about %s nothing is asked, whatever was agreed to", (url) => {
  expect(consent(url)).toEqual({ is: "blocked" });
  expect(consent(url, 351e6)).toEqual({ is: "blocked" });
});
