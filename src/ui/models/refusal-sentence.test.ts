import { expect, test } from "vitest";
import type { FileRefusal } from "../../client/local-files/model-files.ts";
import { refusalSentence } from "./refusal-sentence.ts";

const expected: [FileRefusal, ...string[]][] = [
  [{ is: "nothing" }, "no file", ".gguf"],
  [{ is: "other-kind", name: "notes.txt" }, "“notes.txt”", "GGUF"],
  [{ is: "several-models" }, "one model at a time"],
  [{ is: "no-model-folder", name: "notes" }, "“notes” holds no model", "mlc-chat-config.json"],
  [{ is: "missing-parts", found: 1, parts: 3 }, "3 parts, of which 1 is here"],
  [{ is: "missing-parts", found: 2, parts: 3 }, "2 are here"],
  [{ is: "no-gguf", name: "m.gguf" }, "“m.gguf”", "something else"],
  [{ is: "unreadable", name: "m\u202e.gguf" }, "“m.gguf” cannot be read"],
];

test.each(expected)("%o is said in whole sentences", (refusal, ...words) => {
  const sentence = refusalSentence(refusal);
  for (const word of words) expect(sentence).toContain(word);
  expect(sentence).toMatch(/^[A-Z“].*\.$/);
});
