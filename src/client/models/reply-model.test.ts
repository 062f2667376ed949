import { expect, test } from "vitest";
import { model } from "../workers/testing-engine-worker.ts";
import { replyModelOf } from "./reply-model.ts";

const unknown = { nameOf: () => undefined, revisionOf: () => undefined };

test("a model that is ready is named as a person knows it, or else as it calls itself", () => {
  const status = { phase: "ready", model: { ...model, weightBytes: 5 } } as const;
  const known = { url: model.url, quantization: "q4f16_1", weightBytes: 5 };
  expect(replyModelOf(status, { ...unknown, nameOf: () => "Pip" })).toEqual({
    ...known,
    name: "Pip",
  });
  expect(replyModelOf(status, unknown)).toEqual({ ...known, name: "model" });
});

test("a commit in the address is the revision; a branch is none", () => {
  const at = (url: string) =>
    replyModelOf({ phase: "ready", model: { ...model, url } }, unknown)?.revision;
  const commit = "0123456789abcdef0123456789abcdef01234567";
  expect(at(`https://huggingface.co/m/m/resolve/${commit}/`)).toBe(commit);
  expect(at(`https://huggingface.co/m/m/resolve/${commit}/m.gguf`)).toBe(commit);
  expect(at("https://huggingface.co/m/m/resolve/main/")).toBeUndefined();
});

test("a download knows its revision, whatever its address says", () => {
  const status = { phase: "ready", model } as const;
  expect(replyModelOf(status, { ...unknown, revisionOf: () => "abc" })?.revision).toBe("abc");
});

test("without a model there is none", () => {
  expect(replyModelOf({ phase: "idle" }, unknown)).toBeUndefined();
  expect(replyModelOf({ phase: "recovering" }, unknown)).toBeUndefined();
});
