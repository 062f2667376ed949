import { expect, test } from "vitest";
import { failureOf } from "../load-model-testing.ts";
import { loadLocal, localFile } from "./gguf-testing.ts";
import { tinyModel } from "./tiny-model-testing.ts";
import { writeGguf, type WrittenValue } from "./write-gguf-testing.ts";

const MIB = 2 ** 20;

/** A sound file with so many MiB of texts that nobody asks for. */
function withTexts(mib: number) {
  const { metadata, tensors } = tinyModel();
  const text = "x".repeat(MIB);
  const texts = Array.from({ length: mib }, (_, i): [string, WrittenValue] => [`note.${i}`, text]);
  return localFile(
    "a.gguf",
    writeGguf({ metadata: { ...metadata, ...Object.fromEntries(texts) }, tensors }),
  );
}

test("a header is read in steps until all of it is there", async () => {
  const file = withTexts(5);
  const reads: number[] = [];
  const slice = file.slice.bind(file);
  file.slice = (start = 0, end = file.size) => {
    reads.push((end - start) / MIB);
    return slice(start, end);
  };
  expect((await loadLocal([file])).tensors).toHaveLength(20);
  expect(reads.slice(0, 3)).toEqual([1, 1, 2]);
});

test("a header of more than 32 MiB is refused", async () => {
  const failure = await failureOf(loadLocal([withTexts(33)]));
  expect(failure).toMatchObject({ code: "model-invalid", fault: "header-size" });
});

test("a text of more than 1 MiB is refused", async () => {
  const { metadata, tensors } = tinyModel();
  const bytes = writeGguf({ metadata: { ...metadata, note: "x".repeat(MIB + 1) }, tensors });
  const failure = await failureOf(loadLocal([localFile("a.gguf", bytes)]));
  expect(failure).toMatchObject({ code: "model-invalid", fault: "string-length" });
});

test("a pointer of Git LFS in place of a file is told from a broken file", async () => {
  const pointer = new TextEncoder().encode(
    "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
  );
  const failure = await failureOf(loadLocal([localFile("a.gguf", pointer)]));
  expect(failure).toMatchObject({ code: "model-lfs-pointer" });
});
