import { expect, test } from "vitest";
import { FileCopies } from "./file-copies.ts";

const never = { signal: new AbortController().signal, onBytes: () => undefined };
const files = ["GGUF one", "GGUF and two"].map((text, part) => new File([text], `${part}.gguf`));

async function namesIn(copies: FileCopies): Promise<readonly string[]> {
  const copied = await copies.copy(files, never);
  if (copied.is !== "copied") throw new Error(copied.is);
  return copied.names;
}

test("files are copied, read again and removed", async () => {
  const copies = new FileCopies();
  expect(copies.isPossible).toBe(true);
  const told: number[] = [];
  const copied = await copies.copy(files, { ...never, onBytes: (bytes) => told.push(bytes) });
  expect(told.at(-1)).toBe(20);
  const names = copied.is === "copied" ? copied.names : [];
  const texts = names.map(async (name) => (await copies.file(name)).text());
  expect(await Promise.all(texts)).toEqual(["GGUF one", "GGUF and two"]);
  await copies.remove(names);
  await expect(copies.file(names[0] ?? "")).rejects.toThrow();
});

test("what no record names is removed, and nothing else", async () => {
  const copies = new FileCopies();
  const [kept = "", other = ""] = await namesIn(copies);
  await copies.removeOthers(new Set([kept]));
  expect((await copies.file(kept)).size).toBe(8);
  await expect(copies.file(other)).rejects.toThrow();
  await copies.removeOthers(new Set());
});

test("a copy that is cancelled or cannot be read leaves nothing", async () => {
  const copies = new FileCopies();
  expect(await copies.copy(files, { ...never, signal: AbortSignal.abort() })).toEqual({
    is: "cancelled",
  });
  const broken = new File(["x"], "x.gguf");
  broken.stream = () => new ReadableStream({ start: (body) => body.error(new Error("gone")) });
  expect(await copies.copy([broken], never)).toEqual({ is: "failed" });
  const folder = await (
    await navigator.storage.getDirectory()
  ).getDirectoryHandle("rekindle-model-files");
  const names: string[] = [];
  for await (const name of folder.keys()) names.push(name);
  expect(names).toEqual([]);
});

test("a file that does not fit is not begun", async () => {
  const storage = {
    estimate: () => Promise.resolve({ quota: 16e6 + 10, usage: 0 }),
    getDirectory: () => Promise.reject(new Error("it was begun")),
  };
  expect(await new FileCopies(storage).copy(files, never)).toEqual({
    is: "no-room",
    neededBytes: 20,
    freeBytes: 10,
  });
});
