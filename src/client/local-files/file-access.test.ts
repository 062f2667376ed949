import { expect, test } from "vitest";
import { droppedFiles, pickedFolder, takesFolders } from "./file-access.ts";

const facts = (handed: Awaited<ReturnType<typeof droppedFiles>>) =>
  handed.map(({ file, folder }) => ({ name: file.name, folder }));

function picked(path: string): File {
  const file = new File(["x"], path.split("/").at(-1) ?? "");
  return Object.defineProperty(file, "webkitRelativePath", { value: path });
}

test("of a picked folder, the files in it are taken and those further down are not", () => {
  expect(facts(pickedFolder(["m/a.json", "m/old/a.json", "m/b.bin"].map(picked)))).toEqual([
    { name: "a.json", folder: "m" },
    { name: "b.bin", folder: "m" },
  ]);
  expect(facts(pickedFolder([picked("m/old/a.json")]))).toEqual([{ name: "", folder: "m" }]);
});

/** A folder of a drop, as the browser names what is in it: in batches, of which the last is empty. */
function droppedFolder(name: string, batches: string[][]) {
  const left = [...batches];
  const entry = {
    isDirectory: true,
    name,
    createReader: () => ({
      readEntries: (resolve: (entries: object[]) => void) =>
        resolve(
          (left.shift() ?? []).map((path) => ({
            isFile: !path.endsWith("/"),
            file: (take: (file: File) => void) => take(new File(["x"], path)),
          })),
        ),
    }),
  } as unknown as FileSystemEntry;
  return { kind: "file", getAsFile: () => new File([], name), webkitGetAsEntry: () => entry };
}

test("of a dropped folder, the files in it are taken, however many", async () => {
  const dropped = await droppedFiles([droppedFolder("m", [["a.json", "old/"], ["b.bin"]])]);
  expect(facts(dropped)).toEqual([
    { name: "a.json", folder: "m" },
    { name: "b.bin", folder: "m" },
  ]);
  expect(facts(await droppedFiles([droppedFolder("m", [])]))).toEqual([{ name: "", folder: "m" }]);
});

test("a dropped file belongs to no folder", async () => {
  const file = new File(["GGUF"], "m.gguf");
  expect(await droppedFiles([{ kind: "file", getAsFile: () => file }])).toEqual([{ file }]);
});

test("folders can be picked where inputs know of them", () => {
  expect(takesFolders({})).toBe(false);
  expect(takesFolders({ HTMLInputElement: { prototype: {} } })).toBe(false);
  expect(takesFolders({ HTMLInputElement: { prototype: { webkitdirectory: false } } })).toBe(true);
});
