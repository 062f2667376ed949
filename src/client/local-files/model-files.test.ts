import { expect, test } from "vitest";
import { chooseModelFiles, refusalOf } from "./model-files.ts";

const file = (name: string, content = "GGUF") => ({ file: new File([content], name) });
const chosen = (...names: string[]) => {
  const result = chooseModelFiles(names.map((name) => file(name)));
  return result.is === "chosen" ? result.files.map((part) => part.file.name) : result.refusal;
};
const part = (place: number, of = 3, base = "m") =>
  `${base}-0000${String(place)}-of-0000${String(of)}.gguf`;

test("MF1: nothing is no model", () => expect(chosen()).toEqual({ is: "nothing" }));

test("MF2: every file has to be called .gguf", () => {
  expect(chosen("notes.txt")).toEqual({ is: "other-kind", name: "notes.txt" });
  expect(chosen("m.gguf", "notes.gguf.zip")).toEqual({ is: "other-kind", name: "notes.gguf.zip" });
  expect(chosen("gguf")).toEqual({ is: "other-kind", name: "gguf" });
});

test("MF3: one file is a model", () => {
  expect(chosen("m.gguf")).toEqual(["m.gguf"]);
  expect(chosen("M.Q4_K_M.GGUF")).toEqual(["M.Q4_K_M.GGUF"]);
  expect(chosen(part(1, 1))).toEqual([part(1, 1)]);
});

test("MF4: all parts are one model, in any order", () => {
  expect(chosen(part(2), part(3), part(1))).toEqual([part(1), part(2), part(3)]);
  expect(chosen(part(1))).toEqual({ is: "missing-parts", found: 1, parts: 3 });
  expect(chosen(part(3), part(1))).toEqual({ is: "missing-parts", found: 2, parts: 3 });
  for (const others of [
    ["a.gguf", "b.gguf"],
    [part(1), part(1), part(2)],
    [part(1), part(2, 4), part(3)],
    [part(1), part(2, 3, "n"), part(3)],
    [part(1), "m.gguf", part(3)],
    [part(1), part(2), part(4)],
  ])
    expect(chosen(...others)).toEqual({ is: "several-models" });
});

test("what does not begin as a GGUF, or cannot be read, is refused before it is loaded", async () => {
  expect(await refusalOf(file("m.gguf", "GGUF and more"))).toBeUndefined();
  expect(await refusalOf(file("m.gguf", "PK\u0003\u0004"))).toEqual({
    is: "no-gguf",
    name: "m.gguf",
  });
  expect(await refusalOf(file("m.gguf", ""))).toEqual({ is: "no-gguf", name: "m.gguf" });
  const gone = new File([], "m.gguf");
  gone.slice = () => {
    throw new DOMException("", "NotFoundError");
  };
  expect(await refusalOf({ file: gone })).toEqual({ is: "unreadable", name: "m.gguf" });
});
