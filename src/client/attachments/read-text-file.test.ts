import { describe, expect, test } from "vitest";
import { MAX_ATTACHED_CHARACTERS } from "../../protocol/attachments.ts";
import { readTextFile } from "./read-text-file.ts";

const read = (content: BlobPart, name = "a.txt") => readTextFile(new File([content], name));
const bytes = (...values: number[]) => new Uint8Array(values);

test("a text is read, under a plain name", async () => {
  expect(await read("Grüße, 漢字\n", "a\u202Eb.txt")).toEqual({
    name: "ab.txt",
    text: "Grüße, 漢字\n",
  });
});

test("TF1: a file that is too large or empty is refused", async () => {
  expect(await read("")).toEqual({ why: "empty", name: "a.txt" });
  expect(await read(" \n")).toEqual({ why: "empty", name: "a.txt" });
  expect(await read("x".repeat(MAX_ATTACHED_CHARACTERS + 1))).toMatchObject({ why: "too-large" });
  const huge = new File(["x"], "huge");
  Object.defineProperty(huge, "size", { value: 5e9 });
  expect(await readTextFile(huge)).toMatchObject({ why: "too-large" });
});

test("TF2: a byte order mark says the encoding, and is no part of the text", async () => {
  expect(await read(bytes(0xef, 0xbb, 0xbf, 0x61))).toMatchObject({ text: "a" });
  expect(await read(bytes(0xff, 0xfe, 0x61, 0, 0xfc, 0))).toMatchObject({ text: "aü" });
  expect(await read(bytes(0xfe, 0xff, 0, 0x61, 0, 0xfc))).toMatchObject({ text: "aü" });
});

describe("TF3: no text is", () => {
  test.each([
    ["a zero byte", bytes(0x61, 0, 0x62)],
    ["a PDF", "%PDF-1.7\nsome text"],
    ["an archive", bytes(0x50, 0x4b, 3, 4, 0x61)],
    ["control characters", bytes(1, 2, 3, 4, 0x61)],
  ] as const)("%s", async (_name, content) => {
    expect(await read(content)).toMatchObject({ why: "not-text" });
  });

  test("but colours of a terminal are", async () => {
    expect(await read("\u001B[31mred\u001B[0m")).toMatchObject({ text: "\u001B[31mred\u001B[0m" });
  });
});

test("TF4: what is no UTF-8 is Windows-1252", async () => {
  expect(await read(bytes(0x47, 0x72, 0xfc, 0xdf, 0x65))).toMatchObject({ text: "Grüße" });
});

test("TF5: line ends become those of Unix", async () => {
  expect(await read("a\r\nb\rc\n")).toMatchObject({ text: "a\nb\nc\n" });
});

test("a file that cannot be read is refused", async () => {
  const gone = new File(["x"], "gone");
  gone.arrayBuffer = () => Promise.reject(new DOMException("", "NotReadableError"));
  expect(await readTextFile(gone)).toEqual({ why: "unreadable", name: "gone" });
});
