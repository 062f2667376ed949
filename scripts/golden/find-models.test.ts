import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findModels } from "./find-models.ts";
import { serveModels } from "./serve-models.ts";

let root: string;

const FILES = [
  "a b/mlc/golden.json",
  "a b/mlc/params.bin",
  "a b/tokens.json",
  "a b/f16.gguf",
  "a b/f16.golden.json",
  "a b/split-00001-of-00002.gguf",
  "a b/split-00002-of-00002.gguf",
  "a b/split.golden.json",
  "node_modules/golden.json",
  "broken/config.json",
];

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "rekindle golden "));
  for (const file of FILES) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), file);
  }
  symlinkSync("..", join(root, "a b/loop"));
  symlinkSync("nowhere", join(root, "a b/dangling"));
});

afterAll(() => rmSync(root, { recursive: true }));

test("folders and files with reference data are found at any depth", async () => {
  const found = await findModels(`${root}/`);
  expect(found.map(({ name, file, json, floats }) => ({ name, file, json, floats }))).toEqual([
    {
      name: "a b/f16.gguf",
      file: "f16.gguf",
      json: "f16.golden.json",
      floats: "f16.golden.f32",
    },
    {
      name: "a b/split-00001-of-00002.gguf",
      file: "split-00001-of-00002.gguf",
      json: "split.golden.json",
      floats: "split.golden.f32",
    },
    { name: "a b/mlc", file: undefined, json: "golden.json", floats: "golden.f32" },
  ]);
});

test("a directory may itself be the model", async () => {
  expect(await findModels(join(root, "a b/mlc"))).toMatchObject([{ name: "mlc" }]);
  expect(await findModels(join(root, "broken"))).toEqual([]);
});

test("what is no directory is told in a sentence", async () => {
  await expect(findModels(join(root, "nowhere"))).rejects.toThrow("is no directory");
  await expect(findModels(join(root, "broken/config.json"))).rejects.toThrow("is no directory");
});

test("only the files of a model's folder are served, and those of its tokenizer one level up", async () => {
  const server = await serveModels(await findModels(join(root, "a b/mlc")));
  try {
    const text = async (name: string) => {
      const response = await fetch(server.urlOf(0) + name);
      return response.ok ? response.text() : response.status;
    };
    expect(await text("params.bin")).toBe("a b/mlc/params.bin");
    expect(await text("tokens.json")).toBe("a b/tokens.json");
    expect(await text("missing.bin")).toBe(404);
    expect(await text("..%2Ff16.gguf")).toBe(404);
    expect(await text("%zz")).toBe(404);
    expect((await fetch(server.urlOf(1) + "params.bin")).status).toBe(404);
  } finally {
    server.close();
  }
});
