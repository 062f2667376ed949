import { expect, test } from "vitest";
import type { EngineFailure } from "../../protocol/errors.ts";
import { failureSentence, isWorthRetrying } from "./failure-sentence.ts";

const url = "https://models.example/pip/";

const inFolder = "local:///My%20model/a.bin";
const file = `${url}tokenizer.json`;

/** The code (and variant) of each failure, and words that its sentence must hold. */
const expected: [EngineFailure, ...string[]][] = [
  [{ code: "webgpu-unavailable", reason: "no-api" }, "WebGPU", "Chrome"],
  [{ code: "webgpu-unavailable", reason: "no-adapter" }, "no graphics device", "acceleration"],
  [{ code: "processor-unavailable" }, "processor", "SIMD", "Firefox"],
  [{ code: "device-lost", message: "reset" }, "device that runs the model was reset", "saved"],
  [{ code: "out-of-memory", neededBytes: 2.5e9 }, "2.5 GB", "Close other tabs"],
  [{ code: "model-unreachable", url }, "models.example", "connection"],
  [{ code: "model-http-error", url: file, status: 401 }, "models.example", "401", "account"],
  [{ code: "model-http-error", url: file, status: 403 }, "403", "licence", "another model"],
  [{ code: "model-http-error", url: file, status: 404 }, "no tokenizer.json", "404", "address"],
  [{ code: "model-http-error", url: file, status: 410 }, "no tokenizer.json", "410", "address"],
  [{ code: "model-http-error", url: file, status: 418 }, "models.example", "418", "address"],
  [{ code: "model-http-error", url: file, status: 429 }, "429", "Wait"],
  [{ code: "model-http-error", url: file, status: 503 }, "503", "tokenizer.json", "later"],
  [{ code: "model-needs-account", url: file, status: 401 }, "models.example", "account", "401"],
  [{ code: "model-redirected", url: file }, "models.example", "another place", "tokenizer.json"],
  [{ code: "model-file-too-large", url: file, limitBytes: 4e6 }, "tokenizer.json", "4.0 MB"],
  [{ code: "model-lfs-pointer", url: file }, "Git LFS pointer", "tokenizer.json", "git lfs pull"],
  [{ code: "model-lfs-pointer", url: inFolder }, "My model has only a Git LFS pointer", "a.bin"],
  [{ code: "model-checksum", url: inFolder, expected: "a", found: "b" }, "a.bin is incomplete or"],
  [{ code: "model-truncated", url, expectedBytes: 9, foundBytes: 5 }, "incomplete", "Try again"],
  [{ code: "model-checksum", url, expected: "a", found: "b" }, "damaged", "Try again"],
  [{ code: "model-unsupported", what: "architecture", found: "mamba" }, "architecture, mamba"],
  [{ code: "model-invalid", url, detail: "no tokenizer.json" }, "no tokenizer.json", "another"],
  [{ code: "library-changed", url: file }, "tokenizer.json", "not the one that ran here before"],
  [{ code: "webllm-failed", detail: "check failed" }, "WebLLM", "check failed", "Try again"],
  [
    { code: "webllm-failed", detail: "bad index", wasAnswering: true },
    "WebLLM",
    "bad index",
    "is kept",
    "try again",
  ],
  [{ code: "gpu-feature-missing", feature: "shader-f16" }, "shader-f16", "graphics card"],
  [{ code: "model-whole-only", url: file }, "models.example", "in parts", "open it here"],
  [{ code: "model-changed", url }, "changed", "Try again"],
  [{ code: "model-file-gone", name: "a.gguf" }, "a.gguf", "Open the file again"],
  [
    { code: "download-not-agreed", url, downloadBytes: 351e6 },
    "351.0 MB",
    "models.example",
    "not agreed",
  ],
  [{ code: "download-no-room", neededBytes: 4e9, freeBytes: 1e9 }, "4.0 GB", "1.0 GB", "Delete"],
  [{ code: "model-not-loaded" }, "not loaded", "Try again"],
  [
    { code: "prompt-too-long", promptTokens: 2100, contextTokens: 2048 },
    "too long",
    "2,048",
    "shorter",
  ],
  [{ code: "busy" }, "busy", "Wait"],
  [{ code: "cancelled" }, "stopped"],
  [{ code: "worker-died", worker: "engine", message: "" }, "runs the model", "try again"],
  [{ code: "worker-died", worker: "store", message: "" }, "saves conversations", "try again"],
  [{ code: "worker-died", worker: "downloads", message: "" }, "downloads models", "try again"],
  [{ code: "store-unavailable", message: "" }, "save conversations", "private"],
  [{ code: "outdated" }, "A new version is here: reload", "Saved", "typed"],
  [{ code: "import-refused", why: "not-exported" }, "no conversations", "Nothing was changed"],
  [{ code: "import-refused", why: "newer" }, "newer version", "Reload"],
  [{ code: "import-refused", why: "damaged" }, "ends in the middle", "Nothing was changed"],
  [{ code: "import-refused", why: "archive" }, "archive", "Unpack"],
  [{ code: "import-refused", why: "too-large" }, "larger", "Nothing was changed"],
  [{ code: "quota-exceeded" }, "no storage left", "Delete"],
];

test.each(expected)("%o is said in whole sentences", (failure, ...words) => {
  const sentence = failureSentence(failure);
  for (const word of words) expect(sentence).toContain(word);
  expect(sentence).toMatch(/^[A-Za-z].*\.$/);
});

test("an address that cannot be read is shown as it is", () => {
  expect(failureSentence({ code: "model-unreachable", url: "nowhere" })).toContain("from nowhere.");
});

test("no retry is offered where it cannot help", () => {
  expect(isWorthRetrying({ code: "webgpu-unavailable", reason: "no-api" })).toBe(false);
  expect(isWorthRetrying({ code: "processor-unavailable" })).toBe(false);
  expect(isWorthRetrying({ code: "gpu-feature-missing", feature: "shader-f16" })).toBe(false);
  expect(isWorthRetrying({ code: "webgpu-unavailable", reason: "no-adapter" })).toBe(true);
  expect(isWorthRetrying({ code: "prompt-too-long", promptTokens: 2, contextTokens: 1 })).toBe(
    false,
  );
  expect(isWorthRetrying({ code: "device-lost", message: "" })).toBe(true);
});
