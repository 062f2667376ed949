import { expect, test } from "vitest";
import { EngineError } from "../../shared/engine-error.ts";
import { modelDirectory } from "./model-url.ts";

test.each([
  ["https://huggingface.co/user/model", "https://huggingface.co/user/model/resolve/main/"],
  ["https://huggingface.co/user/model/", "https://huggingface.co/user/model/resolve/main/"],
  ["https://huggingface.co/user/model/tree/v2", "https://huggingface.co/user/model/resolve/v2/"],
  ["https://huggingface.co/user/model/resolve/v2", "https://huggingface.co/user/model/resolve/v2/"],
  ["http://127.0.0.1:8080/models/pip", "http://127.0.0.1:8080/models/pip/"],
  ["https://models.test/a/b/?download=true#files", "https://models.test/a/b/"],
])("%s means %s", (url, directory) => {
  expect(modelDirectory(url)).toBe(directory);
});

test.each(["models/pip", "", "file:///models/pip"])("%j is refused", (url) => {
  expect(() => modelDirectory(url)).toThrow(EngineError);
});
