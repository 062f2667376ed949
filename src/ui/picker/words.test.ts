import { expect, test } from "vitest";
import { baseModelOf, type BaseModel } from "../../catalogue/base-model.ts";
import type { Download } from "../../protocol/download-api.ts";
import { downloadWords } from "./download-words.ts";
import { aboutWords, engineWords, needsWords } from "./model-words.ts";

function model(id: string): BaseModel {
  const found = baseModelOf(id);
  if (!found) throw new Error(`there is no ${id}`);
  return found;
}

test("a model is described by what it is good for, its languages and its licence", () => {
  expect(aboutWords(model("Llama-3.2-1B-Instruct"))).toBe(
    "Everyday chat and writing · 8 languages · Llama 3.2 Community License",
  );
  expect(aboutWords(model("SmolLM2-135M-Instruct"))).toBe(
    "Quick on small devices · English · Apache 2.0",
  );
  expect(aboutWords(model("gemma-2-2b-jpn-it"))).toContain("Japanese, English");
  expect(aboutWords(model("Qwen3-4B"))).toContain("Thinks before it answers · 119 languages");
  expect(aboutWords(model("Phi-3.5-vision-instruct"))).toContain("reads images too, but not here");
  // What is not known is not spoken of.
  const unknown = { ...model("WizardMath-7B-V1.1"), licence: null };
  expect(aboutWords(unknown)).toBe("Maths · English");
});

test("an engine is known by what becomes of a conversation", () => {
  expect(engineWords("rekindle")).toBe("Resumes instantly");
  expect(engineWords("webllm")).toBe("Re-reads the conversation");
});

test("what a model takes is said as far as it is known", () => {
  expect(needsWords({ downloadBytes: 695e6, memoryBytes: 829e6, contextTokens: 4096 })).toBe(
    "about 695.0 MB to download · 829.0 MB of memory with 4,096 tokens",
  );
  expect(
    needsWords({ downloadBytes: undefined, memoryBytes: undefined, contextTokens: 4096 }),
  ).toBe("size unknown until it is asked for · memory unknown");
});

const download: Download = {
  url: "https://huggingface.co/a/b/resolve/main/",
  name: "B",
  state: "running",
  loadedBytes: 100e6,
  totalBytes: 700e6,
  bytesPerSecond: 10e6,
  revision: undefined,
  failure: undefined,
};

test.each<[Partial<Download>, string]>([
  [{}, "100.0 of 700.0 MB · 10.0 MB a second · a minute left"],
  [{ loadedBytes: 690e6 }, "690.0 of 700.0 MB · 10.0 MB a second · a second left"],
  [{ bytesPerSecond: 100e3 }, "100.0 of 700.0 MB · 100.0 kB a second · 2 hours left"],
  [{ bytesPerSecond: 1e3 }, "100.0 of 700.0 MB · 1.0 kB a second · more than a day left"],
  [{ bytesPerSecond: undefined }, "100.0 of 700.0 MB"],
  [{ totalBytes: undefined }, "100.0 MB · 10.0 MB a second"],
  [{ state: "waiting" }, "Waiting"],
  [{ state: "indexing" }, "Reading what there is"],
  [{ state: "paused" }, "Paused: 100.0 of 700.0 MB"],
  [{ state: "done" }, "On this device"],
  [{ state: "failed" }, "The download has failed."],
])("%o is said in a line", (change, words) => {
  expect(downloadWords({ ...download, ...change })).toBe(words);
});

test("a failure says what happened", () => {
  const failure = { code: "model-unreachable", url: download.url } as const;
  expect(downloadWords({ ...download, state: "failed", failure })).toContain("huggingface.co");
});
