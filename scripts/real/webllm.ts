/**
 * @file `npm run real:webllm -- [LIBRARY.wasm]` has WebLLM itself, and no stand-in, load a compiled library in Chromium, with
 * random weights in the shapes of SmolLM2-135M (`q0f32`, or `q0f16` if the file's name says so), and answer.
 *
 * No package on npm or PyPI ships a library of the version that the installed WebLLM links with. Without a file, a module
 * that is empty is tried: then it is seen how far everything else goes.
 */

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { basename } from "node:path";
import { createVitest } from "vitest/node";
import { generateModel } from "../../src/model/generate/generate-model.ts";
import type { RealLibrary } from "./real-library.ts";

/** A module of WebAssembly with nothing in it. */
const EMPTY = Uint8Array.from([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);

const CONTEXT_TOKENS = 1024;

const [file] = process.argv.slice(2);
const library = file === undefined ? EMPTY : await readFile(file);
const quantization = file !== undefined && /q0f16/.test(basename(file)) ? "q0f16" : "q0f32";
console.log(
  file === undefined
    ? "No package ships a library that WebLLM could be tried with: an empty module takes its place."
    : `Trying ${basename(file)} with random weights (${quantization}).`,
);
const { files } = await generateModel({
  quantization,
  layers: 30,
  hidden: 576,
  ffn: 1536,
  heads: 9,
  kvHeads: 3,
  headDim: 64,
  vocab: 49_152,
  contextTokens: CONTEXT_TOKENS,
});

const server = createServer((request, response) => {
  const name = (request.url ?? "").slice(1);
  const body = name === "library.wasm" ? library : files.get(name);
  response.writeHead(body ? 200 : 404, {
    "access-control-allow-origin": "*",
    "cross-origin-resource-policy": "cross-origin",
  });
  response.end(body);
});
await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
const { port } = server.address() as AddressInfo;
const provided: RealLibrary = {
  origin: `http://127.0.0.1:${port}/`,
  contextTokens: CONTEXT_TOKENS,
};
const vitest = await createVitest("test", {
  config: "scripts/vitest-on-request.config.ts",
  project: "real-webllm",
  run: true,
  watch: false,
});
try {
  vitest.provide("realLibrary", provided);
  await vitest.start(["real-library.run.ts"]);
  const modules = vitest.state.getTestModules();
  if (modules.length === 0 || !modules.every((module) => module.ok())) process.exitCode = 1;
} finally {
  await vitest.close();
  server.close();
}
