import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  MemoryCache,
  serveModel,
  type ModelServer,
} from "../../../downloads/model-server-testing.ts";
import { localModelAddress } from "../../../protocol/local-model.ts";
import { failureOf } from "../load-model-testing.ts";
import type { LoadModelOptions } from "../load-model.ts";
import { sourceOf } from "../sources.ts";
import { GGUF_SOURCE } from "./gguf-source.ts";
import { loadGguf, loadLocal, localFile } from "./gguf-testing.ts";
import { tinyModel } from "./tiny-model-testing.ts";
import { tensorBytes, filling, writeGguf } from "./write-gguf-testing.ts";

const MODEL = tinyModel({ type: "Q4_0", tied: false });
const FILE = writeGguf(MODEL);

/** The same model in three parts. */
const PARTS = [0, 1, 2].map((part) => {
  const split = { "split.no": part, "split.count": 3, "split.tensors.count": MODEL.tensors.length };
  const third = Math.ceil(MODEL.tensors.length / 3);
  return writeGguf({
    metadata: part === 0 ? { ...MODEL.metadata, ...split } : split,
    tensors: MODEL.tensors
      .map((tensor, i) => ({ ...tensor, bytes: filling(tensorBytes(tensor), i) }))
      .slice(part * third, (part + 1) * third),
  });
});

const partName = (part: number) => `tiny-0000${part + 1}-of-00003.gguf`;
const partFiles = PARTS.map((bytes, part) => localFile(partName(part), bytes));

test("the source knows addresses of GGUF files, and no others", () => {
  for (const url of [
    "https://models.test/a.gguf",
    "https://models.test/a.GGUF?download=true",
    "local:a.gguf?size=1&modified=2",
  ])
    expect(sourceOf(url)).toBe(GGUF_SOURCE);
  for (const url of ["https://models.test/a.gguf/", "https://models.test/?a.gguf", "a.gguf"])
    expect(sourceOf(url)).not.toBe(GGUF_SOURCE);
});

test.each([
  ["https://models.test/a.gguf?download=true#x", "https://models.test/a.gguf"],
  [
    "https://huggingface.co/user/model/blob/main/a.gguf",
    "https://huggingface.co/user/model/resolve/main/a.gguf",
  ],
  ["https://models.test/a-00002-of-00003.gguf", "https://models.test/a-00001-of-00003.gguf"],
])("%s is spelled %s", (url, address) => {
  expect(GGUF_SOURCE.address(url)).toBe(address);
});

test.each(["local:a.gguf", "file:///a.gguf"])("%s is no address", (url) => {
  expect(() => GGUF_SOURCE.address(url)).toThrow();
});

describe("a local file", () => {
  test("is handed over tensor by tensor, in the order of the file, with the file's bytes", async () => {
    const { tensors, weights, networkBytes, weightBytes } = await loadLocal([
      localFile("tiny.gguf", FILE),
    ]);
    expect(networkBytes).toBe(0);
    expect(weightBytes).toBe(FILE.length);
    expect(tensors.map(({ weight, firstRow, shape }) => [weight, firstRow, ...shape])).toEqual([
      ["embedding", 0, 32, 64],
      ...[0, 1].flatMap((layer) => [
        [`layers.${layer}.attentionNorm`, 0, 64, 1],
        [`layers.${layer}.qkv`, 0, 64, 64],
        [`layers.${layer}.qkv`, 64, 32, 64],
        [`layers.${layer}.qkv`, 96, 32, 64],
        [`layers.${layer}.attentionOutput`, 0, 64, 64],
        [`layers.${layer}.mlpNorm`, 0, 64, 1],
        [`layers.${layer}.gateUp`, 0, 96, 64],
        [`layers.${layer}.gateUp`, 96, 96, 64],
        [`layers.${layer}.down`, 0, 64, 96],
      ]),
      ["finalNorm", 0, 64, 1],
      ["head", 0, 32, 64],
    ]);
    expect(new Set(tensors.map(({ weight }) => weight))).toEqual(
      new Set(weights.map(({ key }) => key)),
    );
    for (const [i, { bytes }] of tensors.entries()) expect(bytes).toEqual(filling(bytes.length, i));
    const paired = tensors.filter((one) => one.part === "blocks" && one.interleavedHeadDim === 16);
    expect(paired.map(({ firstRow }) => firstRow)).toEqual([0, 64, 0, 64]);
  });

  test("of version 2 is the same", async () => {
    const { tensors } = await loadLocal([localFile("tiny.gguf", writeGguf(MODEL, 2))]);
    expect(tensors).toHaveLength(21);
  });

  test("is called what its file is called, whatever it says of itself", async () => {
    const { name } = await loadLocal([localFile("My model.Q4_0.gguf", FILE)]);
    expect(name).toBe("My model.Q4_0");
  });

  test("has to be handed over", async () => {
    const file = localFile("tiny.gguf", FILE);
    const gone = { code: "model-file-gone", name: "tiny.gguf" };
    expect(await failureOf(loadLocal([file], { localFiles: [] }))).toEqual(gone);
    const other = [localFile("other.gguf", FILE)];
    expect(await failureOf(loadLocal([file], { localFiles: other }))).toEqual(gone);
  });

  test("is told by what is in each of its tensors, and not by its name", async () => {
    const hashOf = async (bytes: Uint8Array<ArrayBuffer>, name = "tiny.gguf") =>
      (await loadLocal([localFile(name, bytes)])).manifestHash;
    const hash = await hashOf(FILE);
    expect(await hashOf(FILE, "another name.gguf")).toBe(hash);
    for (const changed of MODEL.tensors.keys()) {
      const tensors = MODEL.tensors.map((tensor, i) => {
        const seed = i === changed ? 1000 : i;
        return { ...tensor, bytes: filling(tensorBytes(tensor), seed) };
      });
      expect(await hashOf(writeGguf({ ...MODEL, tensors }))).not.toBe(hash);
    }
  });
});

describe("a model in parts", () => {
  test("comes in any order, and is the same model", async () => {
    const whole = await loadLocal([localFile("tiny.gguf", FILE)]);
    const [first, second, third] = partFiles;
    if (!first || !second || !third) throw new Error("there are three parts");
    const split = await loadGguf(localModelAddress(first), { localFiles: [third, first, second] });
    expect(split.tensors).toEqual(whole.tensors);
    expect(split.config).toEqual(whole.config);
    expect(split.weightBytes).toBe(PARTS.reduce((sum, { length }) => sum + length, 0));
  });

  test.each([
    ["a part is missing", [0, 2]],
    ["a part is there twice", [0, 0, 2]],
    ["two parts are exchanged", [0, 2, 1]],
  ])("is refused where %s", async (_, order) => {
    const files = order.map((part, at) => localFile(partName(at), PARTS[part] ?? new Uint8Array()));
    const failure = await failureOf(loadLocal(files));
    expect(failure).toMatchObject({ code: "model-invalid", fault: "split-part" });
  });

  test("is refused where the first part names more than there can be", async () => {
    const [bytes = new Uint8Array()] = PARTS;
    for (const name of ["a-00001-of-99999.gguf", "a-00001-of-00000.gguf"])
      expect(await failureOf(loadLocal([localFile(name, bytes)]))).toMatchObject({
        fault: "split-part",
      });
  });
});

describe("from a server", () => {
  let server: ModelServer;
  let cache: MemoryCache;
  const served = () =>
    new Map([["tiny.gguf", FILE], ...PARTS.map((bytes, part) => [partName(part), bytes] as const)]);

  beforeEach(async () => {
    server = await serveModel(served());
    cache = new MemoryCache();
  });
  afterEach(() => server.close());

  const load = (name: string, options: Partial<LoadModelOptions> = {}) =>
    loadGguf(server.url + name, { cache, ...options });

  test("a file is the same as from the disk, and comes from the cache the second time", async () => {
    const local = await loadLocal([localFile("tiny.gguf", FILE)]);
    const first = await load("tiny.gguf");
    expect(first.tensors).toEqual(local.tensors);
    expect(first).toMatchObject({ networkBytes: FILE.length, cacheFailure: undefined });
    const asked = server.requests.length;
    const second = await load("tiny.gguf");
    expect(second).toEqual({ ...first, networkBytes: 0 });
    expect(server.requests).toHaveLength(asked);
  });

  test("all parts of a split are fetched, whichever the address names", async () => {
    const progress: number[] = [];
    const { tensors, networkBytes } = await load(partName(1), {
      onProgress: ({ loadedBytes, totalBytes }) => progress.push(loadedBytes / totalBytes),
    });
    expect(tensors).toHaveLength(21);
    expect(networkBytes).toBe(PARTS.reduce((sum, { length }) => sum + length, 0));
    expect(progress.at(-1)).toBe(1);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
  });

  test("a file that is another one is another model", async () => {
    const { manifestHash } = await load("tiny.gguf");
    server.partHeaders.set("etag", '"2"');
    cache = new MemoryCache();
    expect((await load("tiny.gguf")).manifestHash).not.toBe(manifestHash);
  });
});

test("no more is downloaded than was agreed to", async () => {
  const wide = tinyModel({ type: "F32", vocab: 8192 });
  const bytes = writeGguf(wide);
  const server = await serveModel(new Map([["wide.gguf", bytes]]));
  const url = `${server.url}wide.gguf`;
  const cache = new MemoryCache();
  // The first MiB, which holds the header, is there by the time that the question is asked.
  const downloadBytes = bytes.length - 2 ** 20;
  const refused = loadGguf(url, { cache, maxDownloadBytes: downloadBytes - 1 });
  expect(await failureOf(refused)).toEqual({ code: "download-not-agreed", url, downloadBytes });
  expect(server.requests).toHaveLength(1);
  const loaded = await loadGguf(url, { cache, maxDownloadBytes: downloadBytes });
  expect(loaded.networkBytes).toBe(bytes.length);
  const rows = loaded.tensors.filter(({ weight }) => weight === "embedding");
  // A row lies in two parts of the file, and was put together.
  expect(rows.length).toBeGreaterThan(2);
  expect(Buffer.concat(rows.map((run) => run.bytes)).equals(filling(8192 * 64 * 4, 0))).toBe(true);
  await server.close();
});
