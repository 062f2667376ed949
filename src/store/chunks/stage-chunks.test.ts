import { expect, test } from "vitest";
import { createChecksum } from "../bytes/checksum.ts";
import { stageWith } from "./stage-chunks.ts";
import { commitOf } from "./chunk-fixtures-testing.ts";
import { memoryBytes, type ValueBytes } from "../bytes/value-bytes.ts";

/** A place for bytes that has space for `most` files. */
function filesUpTo(most: number) {
  const files = new Set<string>();
  const bytes: ValueBytes = {
    ...memoryBytes,
    stage: async () => {
      await Promise.resolve();
      if (files.size >= most) throw new DOMException("", "QuotaExceededError");
      const file = `file ${files.size}`;
      files.add(file);
      return { file };
    },
    discard: (names) => {
      for (const name of names) files.delete(name);
      return Promise.resolve();
    },
  };
  return { files, bytes };
}

test("a record names the files of its values", async () => {
  const { files, bytes } = filesUpTo(Infinity);
  const staged = await stageWith(await createChecksum(), bytes)(commitOf("c", ["a", "ab"]));
  expect(staged.flatMap(({ record }) => record.files)).toEqual([...files]);
  expect(staged.map(({ record }) => record.owners)).toEqual([["c"], ["c"]]);
});

test.each([0, 1, 2, 3])("what fails after %d files leaves none of them", async (most) => {
  const { files, bytes } = filesUpTo(most);
  const stage = stageWith(await createChecksum(), bytes);
  await expect(stage(commitOf("c", ["a", "ab"]))).rejects.toMatchObject({
    name: "QuotaExceededError",
  });
  expect([...files]).toEqual([]);
});
