import { expect, test } from "vitest";
import { MAX_ATTACHED_CHARACTERS } from "../../protocol/attachments.ts";
import { added, freeName, without } from "./added-attachments.ts";

const file = (name: string, text = "x") => ({ name, text });

test("AA1: the same file is there once", () => {
  expect(added([file("a")], [file("a"), file("a", "y"), file("b")])).toEqual({
    attachments: [file("a"), file("a", "y"), file("b")],
    refusals: [],
  });
});

test("a file is removed also where it was read from the store meanwhile, and is another object", () => {
  expect(without([file("a"), file("a", "y"), file("b")], [file("a"), file("c")])).toEqual([
    file("a", "y"),
    file("b"),
  ]);
});

test("AA2: what goes beyond the bounds is refused by name, and so is what was no text", () => {
  const ten = Array.from({ length: 10 }, (_, i) => file(String(i)));
  const refused = { why: "not-text", name: "p" } as const;
  expect(added(ten, [refused, file("more")])).toEqual({
    attachments: ten,
    refusals: [refused, { why: "too-many", name: "more" }],
  });
  const large = file("large", "x".repeat(MAX_ATTACHED_CHARACTERS));
  expect(added([file("a")], [large, file("b")])).toEqual({
    attachments: [file("a"), file("b")],
    refusals: [{ why: "too-many", name: "large" }],
  });
});

test("a name that is taken gets a number before its ending", () => {
  expect(freeName("Text.txt", [])).toBe("Text.txt");
  expect(freeName("Text.txt", [file("Text.txt"), file("Text 2.txt")])).toBe("Text 3.txt");
  expect(freeName("Text", [file("Text")])).toBe("Text 2");
});
