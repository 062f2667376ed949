/** @file Each broken file is refused for its own fault. What is wrong with each is said beside it in the list. */

import { describe, expect, test } from "vitest";
import type { EngineFailure } from "../../../protocol/errors.ts";
import { serveModel } from "../../../downloads/model-server-testing.ts";
import { failureOf } from "../load-model-testing.ts";
import type { GgufFault } from "./gguf-fault.ts";
import { fixtureBytes, loadGguf, loadLocal, localFile } from "./gguf-testing.ts";

/** The file, its fault, and words of its sentence. */
const FAULTS: [file: string, fault: GgufFault, words: string][] = [
  ["empty", "empty", "no byte"],
  ["truncated-header", "truncated-header", "ends after 9 bytes"],
  ["truncated-metadata", "truncated-metadata", "ends after 560 bytes"],
  ["truncated-tensor-infos", "truncated-tensor-infos", "ends after 1477 bytes"],
  ["truncated-data", "truncated-data", "6416 bytes"],
  ["magic", "magic", "does not begin with GGUF"],
  ["version-1", "version", "version 1 "],
  ["version-99", "version", "version 99 "],
  ["big-endian", "byte-order", "big-endian"],
  ["tensor-count-2pow31", "tensor-count", "2147483648"],
  ["metadata-count-2pow63", "metadata-count", "9223372036854775808"],
  ["array-count-2pow31", "array-count", "tokenizer.ggml.tokens"],
  ["string-length-2pow62", "string-length", "4611686018427387904"],
  ["unknown-value-type", "metadata-type", "type 255"],
  ["nested-array-1000", "nested-array", "list of lists"],
  ["alignment-0", "alignment", "general.alignment is 0"],
  ["alignment-3", "alignment", "general.alignment is 3"],
  ["alignment-2pow31", "alignment", "general.alignment is 2147483648"],
  ["dims-count", "tensor-rank", "2147483648 dimensions"],
  ["dims-overflow", "tensor-size", "×"],
  ["unknown-type", "tensor-type", "type 999"],
  ["duplicate-tensor", "tensor-duplicate", "twice"],
  ["offset-beyond-file", "tensor-offset", "behind the end"],
  ["offset-unaligned", "tensor-alignment", "no multiple of 32"],
  ["overlapping-tensors", "tensor-overlap", "overlap"],
  ["tensor-missing", "tensor-missing", "is missing"],
  ["dims-transposed", "tensor-shape", "not 32 ×"],
  ["vocabulary-size", "vocabulary-size", "15 tokens and 16 rows"],
  ["head-count-0", "metadata-value", "llama.attention.head_count is 0"],
  ["head-counts-odd", "head-counts", "do not divide"],
  ["block-count-2e9", "metadata-value", "llama.block_count is 2000000000"],
  ["eps-negative", "metadata-value", "layer_norm_rms_epsilon is -"],
  ["eps-nan", "metadata-value", "layer_norm_rms_epsilon is NaN"],
  ["eos-out-of-range", "metadata-value", "eos_token_id"],
  ["split-alone", "split-part", "part 1 of 3"],
];

/** Loads a file, and counts what is asked of it. */
async function refusal(name: string): Promise<{ failure: EngineFailure; readBytes: number }> {
  const file = localFile(`${name}.gguf`, fixtureBytes(`hostile/${name}.gguf`));
  let readBytes = 0;
  const slice = file.slice.bind(file);
  file.slice = (start = 0, end = file.size) => {
    readBytes += end - start;
    return slice(start, end);
  };
  return { failure: await failureOf(loadLocal([file])), readBytes };
}

/** The processor's time counts, and not the clock's, as other tests run on the same cores. */
const MOST_CPU_MS = 1000;

describe("each file is refused for its fault, soon and with little memory", () => {
  test.each(FAULTS)("%s", async (name, fault, words) => {
    const before = process.memoryUsage().arrayBuffers;
    const begun = process.cpuUsage();
    const { failure, readBytes } = await refusal(name);
    const { user, system } = process.cpuUsage(begun);
    expect(failure).toMatchObject({ code: "model-invalid", fault });
    expect(failure).toHaveProperty("detail", expect.stringContaining(words));
    expect((user + system) / 1000).toBeLessThan(MOST_CPU_MS);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 2 ** 20);
    expect(readBytes).toBeLessThan(64 * 2 ** 10);
  });

  test("an architecture that does not exist", async () => {
    const { failure } = await refusal("architecture");
    expect(failure).toMatchObject({ code: "model-unsupported", what: "architecture" });
  });
});

test("the file that they were made of is read", async () => {
  const control = localFile("control.gguf", fixtureBytes("hostile/control.gguf"));
  const { config, tensors, name, quantization } = await loadLocal([control]);
  expect({ name, quantization }).toEqual({ name: "control", quantization: "Q4_0" });
  expect(config).toMatchObject({ architecture: "llama", layers: 1, hidden: 32, vocab: 16 });
  expect(tensors).toHaveLength(11);
});

test("a file on a server is refused for the same fault, after one part of it", async () => {
  const server = await serveModel(
    new Map([["a.gguf", fixtureBytes("hostile/overlapping-tensors.gguf")]]),
  );
  const failure = await failureOf(loadGguf(`${server.url}a.gguf`));
  expect(failure).toMatchObject({ code: "model-invalid", fault: "tensor-overlap" });
  expect(server.requests).toHaveLength(1);
  await server.close();
});
