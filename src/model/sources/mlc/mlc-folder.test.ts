import { readFileSync, readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { folderModelAddress } from "../../../protocol/local-model.ts";
import { NO_CACHE } from "../../testing.ts";
import { failureOf, NoWaiting } from "../load-model-testing.ts";
import { loadModel, type LoadModelOptions } from "../load-model.ts";

const fixtures = new URL("../fixtures/hostile/", import.meta.url);

function read(repository: string): Map<string, Uint8Array<ArrayBuffer>> {
  const folder = new URL(`${repository}/`, fixtures);
  return new Map(
    readdirSync(folder).map((name) => [name, new Uint8Array(readFileSync(new URL(name, folder)))]),
  );
}

const sound = read("control-mlc");
const CHANGED = { lastModified: 1_700_000_000_000 };

const filesOf = (contents: ReadonlyMap<string, Uint8Array<ArrayBuffer>>): File[] =>
  [...contents].map(([name, bytes]) => new File([bytes], name, CHANGED));

const without = (name: string): Map<string, Uint8Array<ArrayBuffer>> =>
  new Map([...sound].filter(([other]) => other !== name));

/** Loads a model, and keeps what is handed over. */
async function load(url: string, options: Partial<LoadModelOptions>) {
  const tensors: unknown[] = [];
  const loaded = await loadModel(url, {
    signal: new AbortController().signal,
    cache: NO_CACHE,
    timing: new NoWaiting(),
    onTensor: (tensor) => void tensors.push({ ...tensor, bytes: tensor.bytes.slice() }),
    ...options,
  });
  return { loaded, tensors };
}

const noNetwork = () => Promise.reject(new Error("the network was asked"));

function loadFolder(contents: ReadonlyMap<string, Uint8Array<ArrayBuffer>>, change?: File) {
  const files = filesOf(contents).map((file) => (file.name === change?.name ? change : file));
  const size = sound.get("mlc-chat-config.json")?.length ?? 0;
  const url = folderModelAddress("My model ä", { size, ...CHANGED });
  return load(url, { localFiles: files.toReversed(), fetch: noNetwork });
}

test("a folder is the same model as at a server, and the network is not asked", async () => {
  const served = await load("https://models.test/model/", {
    fetch: (url) => Promise.resolve(new Response(sound.get(url.split("/").at(-1) ?? ""))),
  });
  const local = await loadFolder(sound);
  expect(local.loaded).toMatchObject({ name: "My model ä", networkBytes: 0 });
  const { url, name, networkBytes } = local.loaded;
  expect(local.loaded).toEqual({ ...served.loaded, url, name, networkBytes });
  expect(local.tensors).toEqual(served.tensors);
});

test("the index may have its older name", async () => {
  const older = without("tensor-cache.json");
  older.set("ndarray-cache.json", sound.get("tensor-cache.json") ?? new Uint8Array());
  expect((await loadFolder(older)).tensors).toEqual((await loadFolder(sound)).tensors);
});

test.each(["tensor-cache.json", "tokenizer.json", "params_shard_0.bin"])(
  "a folder without %s is refused by the file's name",
  async (name) => {
    const failure = await failureOf(loadFolder(without(name)));
    expect(failure).toEqual({ code: "model-file-gone", name });
  },
);

test("files that are no longer those of the address, or cannot be read, are said to be gone", async () => {
  const config = new File(["{}"], "mlc-chat-config.json", CHANGED);
  const name = "My model ä/mlc-chat-config.json";
  expect(await failureOf(loadFolder(sound, config))).toEqual({ code: "model-file-gone", name });
  const gone = new File(["x"], "params_shard_0.bin");
  gone.slice = () => {
    const piece = new Blob();
    piece.arrayBuffer = () => Promise.reject(new DOMException("", "NotReadableError"));
    return piece;
  };
  const failure = { code: "model-file-gone", name: "params_shard_0.bin" };
  expect(await failureOf(loadFolder(sound, gone))).toEqual(failure);
});

test("a damaged shard, one of another length, and a file that is too large are refused", async () => {
  const bytes = sound.get("params_shard_0.bin") ?? new Uint8Array();
  const name = "params_shard_0.bin";
  const damaged = new File([bytes.map((byte, at) => (at === 9 ? byte ^ 1 : byte))], name);
  expect(await failureOf(loadFolder(sound, damaged))).toMatchObject({ code: "model-checksum" });
  const short = new File([bytes.subarray(1)], name);
  expect(await failureOf(loadFolder(sound, short))).toMatchObject({ code: "model-truncated" });
  const pointer = new File(["version https://git-lfs.github.com/spec/v1\n"], name);
  expect(await failureOf(loadFolder(sound, pointer))).toMatchObject({ code: "model-lfs-pointer" });
  const large = new File([new Uint8Array(5 * 2 ** 20)], "tensor-cache.json");
  expect(await failureOf(loadFolder(sound, large))).toMatchObject({ code: "model-file-too-large" });
});
