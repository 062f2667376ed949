import { expect, test } from "vitest";
import { modelByAddress } from "./model-by-address.ts";

const OWN = "https://rekindle.example";
const at = (typed: string) => modelByAddress(typed, OWN);
const REPOSITORY = "https://huggingface.co/mlc-ai/Qwen3-0.6B-q4f16_1-MLC/resolve/main/";
const FILE = "https://huggingface.co/Qwen/Qwen3-0.6B-GGUF/resolve/main/Qwen3-0.6B-Q8_0.gguf";

test.each([
  "mlc-ai/Qwen3-0.6B-q4f16_1-MLC",
  "  https://huggingface.co/mlc-ai/Qwen3-0.6B-q4f16_1-MLC ",
  "huggingface.co/mlc-ai/Qwen3-0.6B-q4f16_1-MLC/",
  "https://huggingface.co/mlc-ai/Qwen3-0.6B-q4f16_1-MLC/tree/main",
  REPOSITORY,
])("%s is a repository", (typed) => {
  expect(at(typed)).toEqual({ is: "model", url: REPOSITORY, name: "Qwen3-0.6B-q4f16_1" });
});

test.each([
  FILE,
  "https://huggingface.co/Qwen/Qwen3-0.6B-GGUF/blob/main/Qwen3-0.6B-Q8_0.gguf",
  "huggingface.co/Qwen/Qwen3-0.6B-GGUF/blob/main/Qwen3-0.6B-Q8_0.gguf?download=true",
])("%s is a file", (typed) => {
  expect(at(typed)).toEqual({ is: "model", url: FILE, name: "Qwen3-0.6B-Q8_0" });
});

test("a revision is kept, and so is a place on the page's own host", () => {
  expect(at("https://huggingface.co/a/b/tree/v1.0")).toMatchObject({
    url: "https://huggingface.co/a/b/resolve/v1.0/",
  });
  expect(at(`${OWN}/models/mine`)).toEqual({
    is: "model",
    url: `${OWN}/models/mine/`,
    name: "mine",
  });
  expect(at(`${OWN}/models/mine.gguf`)).toMatchObject({ url: `${OWN}/models/mine.gguf` });
});

test.each([
  ["https://example.org/models/m.gguf", "example.org"],
  ["https://huggingface.co.evil.example/a/b", "huggingface.co.evil.example"],
  ["https://huggingface.co@evil.example/a/b", "evil.example"],
  ["http://huggingface.co/a/b", "huggingface.co"],
  ["ollama.com/library/qwen3", "ollama.com"],
])("from %s nothing can be fetched", (typed, host) => {
  expect(at(typed)).toEqual({ is: "other-host", host });
});

test.each([
  "qwen",
  "javascript:alert(1)",
  "data:text/plain,x",
  "https://huggingface.co/",
  "https://huggingface.co/a",
  "https://huggingface.co/datasets/a/b",
  "https://huggingface.co/a/b/blob/main/README.md",
  `a/${"b".repeat(3000)}`,
])("%s is no address of a model", (typed) => {
  expect(at(typed)).toEqual({ is: "no-address" });
});

test("nothing is nothing", () => {
  expect(at("  ")).toEqual({ is: "nothing" });
});
