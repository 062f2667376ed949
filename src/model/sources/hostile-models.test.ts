import { readFileSync, readdirSync } from "node:fs";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import type { EngineFailure } from "../../protocol/errors.ts";
import { EngineError } from "../../shared/engine-error.ts";
import { generateModel } from "../generate/generate-model.ts";
import { NoWaiting } from "./load-model-testing.ts";
import { loadModel } from "./load-model.ts";
import { MemoryCache } from "../../downloads/model-server-testing.ts";
import { changed } from "../../shared/json-testing.ts";

const DIRECTORY = "https://models.test/model/";

type Files = ReadonlyMap<string, Uint8Array | string>;

/** Loads a model as the page does, except that the network is a map. */
async function load(files: Files): Promise<EngineFailure | undefined> {
  const fetch = (url: string): Promise<Response> => {
    const body = files.get(url.slice(DIRECTORY.length));
    const bytes = typeof body === "string" ? body : body && Uint8Array.from(body);
    return Promise.resolve(new Response(bytes, { status: body === undefined ? 404 : 200 }));
  };
  const { signal } = new AbortController();
  const [cache, timing] = [new MemoryCache(), new NoWaiting()];
  try {
    await loadModel(DIRECTORY, { signal, fetch, cache, timing, onTensor: () => undefined });
    return undefined;
  } catch (error) {
    if (error instanceof EngineError) return error.failure;
    throw error;
  }
}

const fixtures = new URL("fixtures/hostile/", import.meta.url);

/** Reads a repository of the fixtures. Files that it lacks are those of the sound one. */
function repository(name: string): Files {
  const read = (folder: string) =>
    readdirSync(new URL(`${folder}/`, fixtures)).map(
      (file) =>
        [file, new Uint8Array(readFileSync(new URL(`${folder}/${file}`, fixtures)))] as const,
    );
  return new Map([...read("control-mlc"), ...read(name)]);
}

test("the sound repository loads", async () => {
  expect(await load(repository("control-mlc"))).toBeUndefined();
});

test.each([
  ["mlc-config", "num_hidden_layers is 2000000000, not an integer from 1 to 1024"],
  ["mlc-huge-nbytes", "records[0].nbytes is 9007199254740992, not an integer"],
  ["mlc-missing-tensor", "tensor model.layers.0.mlp.gate_up_proj.q_weight is missing"],
  ["mlc-other-origin", "dataPath https://example.com/params_shard_0.bin is no file of the model"],
  ["mlc-out-of-range", "byteOffset is 1099511627776, not an integer"],
  ["mlc-overlap", "on top of another tensor"],
  ["mlc-parent-path", "dataPath ../control-mlc/params_shard_0.bin is no file of the model"],
  ["mlc-shape", "its shape says 18446744073709552000"],
])("%s is refused for its fault: %s", async (name, detail) => {
  expect(await load(repository(name))).toMatchObject({
    code: "model-invalid",
    detail: expect.stringContaining(detail) as string,
  });
});

test.each(["mlc-corrupt-shard", "mlc-wrong-md5"])("%s fails its checksum", async (name) => {
  expect(await load(repository(name))).toMatchObject({ code: "model-checksum" });
});

test("every hostile repository is among these", () => {
  expect(readdirSync(fixtures)).toHaveLength(11);
});

/** Values that a field may be turned into: numbers at the edges, other types, other places, and far too much. */
const hostileValue = fc.oneof(
  fc.constantFrom<unknown>(
    ...[null, true, "", "x", [], {}, [[]], -1, 0, 1, 0.5, 3, 64, 1024, 1025, 2e9, 2 ** 31, 2 ** 53],
    ...[1e300, -1e300, 5e-324, "../../x.bin", "/x.bin", "https://evil.test/x.bin", "%2e%2e/x.bin"],
    ...["x".repeat(100_000), new Array(50_000).fill(7), new Array(300).fill("tokenizer.json")],
    JSON.parse("[".repeat(500) + "]".repeat(500)),
  ),
  fc.jsonValue(),
);

const change = fc.record({
  file: fc.constantFrom("mlc-chat-config.json", "tensor-cache.json", "tokenizer.json"),
  path: fc.array(fc.nat(200), { minLength: 1, maxLength: 6 }),
  value: fc.oneof(
    { weight: 5, arbitrary: hostileValue },
    { weight: 1, arbitrary: fc.constant(undefined) },
  ),
});

/** The name of a file, and a text that replaces the whole of it. */
const replacement = fc.record({
  file: fc.constantFrom("mlc-chat-config.json", "tensor-cache.json"),
  text: fc.oneof(
    fc.json(),
    fc.string(),
    fc.constantFrom(
      "",
      "[",
      "<html>",
      "[".repeat(1e6),
      `[${"{},".repeat(3e5)}{}]`,
      "1".repeat(1e6),
    ),
  ),
});

const MOST_CPU_MS = 1000;
const MOST_BYTES = 64 * 2 ** 20;

let good: Files;

beforeAll(async () => {
  const shape = { layers: 1, hidden: 32, ffn: 32, heads: 2, kvHeads: 1 };
  ({ files: good } = await generateModel({ ...shape, shardBytes: 8192 }));
});

const textOf = (files: Files, name: string): string => {
  const body = files.get(name);
  return typeof body === "string" ? body : new TextDecoder().decode(body);
};

test("whatever a repository says, it is a refusal or a model, soon and in little memory", async () => {
  expect(await load(good)).toBeUndefined();
  const found = new Map<string, number>();
  const check = async (files: Files): Promise<void> => {
    const before = { cpu: process.cpuUsage(), bytes: usedBytes() };
    const failure = await load(files);
    const { user, system } = process.cpuUsage(before.cpu);
    expect((user + system) / 1000).toBeLessThan(MOST_CPU_MS);
    expect(usedBytes() - before.bytes).toBeLessThan(MOST_BYTES);
    if (failure?.code === "model-invalid") expect(failure.detail).toMatch(/^.{3,301}$/s);
    const code = failure?.code ?? "loaded";
    found.set(code, (found.get(code) ?? 0) + 1);
  };
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
      const files = new Map(good);
      for (const { file, path, value } of changes)
        files.set(file, JSON.stringify(changed(JSON.parse(textOf(files, file)), path, value)));
      await check(files);
    }),
    { numRuns: 850 },
  );
  await fc.assert(
    fc.asyncProperty(replacement, ({ file, text }) => check(new Map(good).set(file, text))),
    { numRuns: 150 },
  );
  // Both ends have to be reached: a property that only ever saw one of them would say nothing of the other.
  for (const code of ["loaded", "model-invalid"]) expect(found.get(code)).toBeGreaterThan(100);
});

const usedBytes = (): number => {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};
