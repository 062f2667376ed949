import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Plugin } from "vite";

const NAME = "virtual:processor-kernels";
const SOURCES = fileURLToPath(new URL("../src/cpu/kernels/", import.meta.url));
/** It is a program of its own: its types would be global here, and are those of another language. */
const COMPILER = fileURLToPath(
  new URL("../node_modules/assemblyscript/bin/asc.js", import.meta.url),
);
const CACHE = fileURLToPath(new URL("../.cache/kernels/", import.meta.url));

/** What both builds have in common. Addresses below `memoryBase` belong to how threads share work. */
const OPTIONS = [
  ...["--runtime", "stub", "--optimizeLevel", "3", "--noAssert", "--importMemory"],
  ...["--enable", "simd", "--enable", "threads", "--memoryBase", "8192"],
  ...["--maximumMemory", "65536", "--initialMemory", "64"],
];

/**
 * Compiles the kernels of the processor, which are written in AssemblyScript, and gives them to whoever imports
 * `virtual:processor-kernels`: once for memory that threads share, and once for memory of one thread, because a module
 * says which it takes. What was compiled is kept in `.cache` as long as its sources are the same.
 */
export function processorKernels(): Plugin {
  return {
    name: "processor-kernels",
    resolveId: (id) => (id === NAME ? `\0${NAME}` : undefined),
    async load(id, options) {
      if (id !== `\0${NAME}`) return undefined;
      for (const file of sourceFiles()) this.addWatchFile(file);
      const [shared, single] = await Promise.all([compiled(true), compiled(false)]);
      return options?.ssr === true ? forNode(shared, single) : forBrowsers(shared, single);
    },
  };
}

const forBrowsers = (shared: string, single: string): string => `
  import shared from ${JSON.stringify(`${shared}?url`)};
  import single from ${JSON.stringify(`${single}?url`)};
  export const compileKernels = (isShared) =>
    WebAssembly.compileStreaming(fetch(isShared ? shared : single));
`;

const forNode = (shared: string, single: string): string => `
  import { readFile } from "node:fs/promises";
  export const compileKernels = async (isShared) =>
    WebAssembly.compile(await readFile(isShared ? ${JSON.stringify(shared)} : ${JSON.stringify(single)}));
`;

const sourceFiles = (): string[] =>
  readdirSync(SOURCES)
    .filter((name) => name.endsWith(".ts"))
    .toSorted()
    .map((name) => join(SOURCES, name));

/** The compiled module's path. @throws with the compiler's messages */
async function compiled(isShared: boolean): Promise<string> {
  const options = [...OPTIONS, ...(isShared ? ["--sharedMemory"] : [])];
  const hash = createHash("sha256").update(options.join(" "));
  for (const file of sourceFiles()) hash.update(readFileSync(file));
  const path = join(
    CACHE,
    `${isShared ? "shared" : "single"}-${hash.digest("hex").slice(0, 16)}.wasm`,
  );
  if (existsSync(path)) return path;
  mkdirSync(CACHE, { recursive: true });
  // Several builds may compile at the same time, and none reads a file that is half written.
  const draft = `${path}.${process.pid}.wasm`;
  const args = [COMPILER, "index.ts", "--outFile", draft, "--baseDir", SOURCES, ...options];
  await promisify(execFile)(process.execPath, args);
  renameSync(draft, path);
  return path;
}
