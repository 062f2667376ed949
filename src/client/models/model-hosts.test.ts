import { expect, test } from "vitest";
import { isFetchable } from "./model-hosts.ts";

const OWN = "https://rekindle.example";

test.each([
  "https://rekindle.example/models/other/",
  "https://huggingface.co/a/b/",
  "https://cdn-lfs.huggingface.co/a/",
  "https://cas-bridge.xethub.hf.co/a/",
])("%s can be fetched from", (url) => {
  expect(isFetchable(url, OWN)).toBe(true);
});

test.each([
  "http://rekindle.example/models/other/",
  "https://rekindle.example:8443/models/other/",
  "http://huggingface.co/a/b/",
  "https://huggingface.co:8443/a/b/",
  "https://huggingface.co.evil.example/a/b/",
  "https://evilhuggingface.co/a/b/",
  "https://huggingface.co@evil.example/a/b/",
  "https://evil.example/https://huggingface.co/",
  "https://hf.co/a/b/",
  "http://127.0.0.1/a/",
])("%s cannot", (url) => {
  expect(isFetchable(url, OWN)).toBe(false);
});
