import { fileURLToPath } from "node:url";
import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";
import { processorKernels } from "./assemblyscript.ts";
import { ENGLISH_SETUP, messages } from "./messages.ts";
import { commonHeaders } from "./security-headers.ts";
import { inChromium } from "./vitest-chromium.ts";

const KERNEL_TESTS = ["{src,shaders}/**/*.device.test.ts"];
const BENCHES = ["{src,shaders}/**/*.bench.ts"];
/** Benchmarks of what only a browser has: workers, IndexedDB and the origin's private file system. */
const BROWSER_BENCHES = ["**/{kv-save,kv-restore,chunk-store}.bench.ts"];
const BENCH_TIMEOUT_MS = 600_000;

type TestOptions = NonNullable<TestProjectInlineConfiguration["test"]>;

/**
 * Options of tests that run in Node over Dawn, which is Chromium's WebGPU. There is one process for all files, because a
 * device outlives the file that made it.
 */
const inDawn: TestOptions = {
  environment: "node",
  pool: "forks",
  maxWorkers: 1,
  isolate: false,
  globalSetup: "scripts/dawn/global-setup.ts",
  setupFiles: [
    "scripts/dawn/setup.ts",
    "scripts/equal-numbers-setup.ts",
    "scripts/gpu-adapter-setup.ts",
  ],
};

/** Options of the comparison of models with reference data. A large model takes long without a GPU. */
const golden: TestOptions = {
  include: ["scripts/golden/golden.run.ts"],
  testTimeout: 3_600_000,
  setupFiles: [ENGLISH_SETUP],
};

/** Options of the measurements of a real model, which need a browser's storage. */
const real: TestOptions = {
  include: ["src/evaluation/real-model/real-model.run.ts"],
  testTimeout: 4 * 3_600_000,
  setupFiles: ["scripts/gpu-adapter-setup.ts"],
  browser: inChromium(),
};

/**
 * Projects that run only when they are asked for: the kernel suite outside the browser, the benchmarks, and models with
 * reference data.
 */
export default defineConfig({
  root: fileURLToPath(new URL("../", import.meta.url)),
  plugins: [processorKernels(), messages()],
  // Threads share memory only in a page that is isolated from other origins.
  server: { headers: commonHeaders },
  test: {
    reporters: ["default", "./scripts/gpu-adapter-reporter.ts"],
    projects: [
      {
        extends: true,
        test: { name: "gpu-dawn", include: KERNEL_TESTS, testTimeout: 60_000, ...inDawn },
      },
      {
        extends: true,
        test: {
          name: "bench",
          include: BENCHES,
          testTimeout: BENCH_TIMEOUT_MS,
          setupFiles: ["scripts/gpu-adapter-setup.ts"],
          fileParallelism: false,
          browser: inChromium(process.env["BENCH_PROFILE"]),
        },
      },
      {
        extends: true,
        test: {
          name: "bench-dawn",
          include: BENCHES,
          exclude: BROWSER_BENCHES,
          testTimeout: BENCH_TIMEOUT_MS,
          ...inDawn,
        },
      },
      {
        extends: true,
        logLevel: "error",
        test: { ...golden, name: "golden", browser: inChromium() },
      },
      {
        extends: true,
        test: {
          ...inDawn,
          ...golden,
          name: "golden-dawn",
          setupFiles: ["scripts/dawn/setup.ts", ENGLISH_SETUP],
        },
      },
      {
        extends: true,
        test: { ...golden, name: "golden-processor", env: { TEST_DEVICE: "processor" } },
      },
      {
        extends: true,
        logLevel: "error",
        test: {
          name: "evaluate",
          include: ["src/evaluation/any-model/evaluate.run.ts"],
          env: { TEST_DEVICE: "processor" },
        },
      },
      {
        extends: true,
        logLevel: "error",
        test: {
          name: "calibrate-model",
          include: ["src/evaluation/any-model/calibrate-model.run.ts"],
          env: { TEST_DEVICE: "processor" },
        },
      },
      { extends: true, test: { ...real, name: "real" } },
      {
        extends: true,
        test: {
          name: "real-webllm",
          include: ["src/webllm/real-library.run.ts"],
          browser: inChromium(),
        },
      },
      {
        extends: true,
        test: { ...real, name: "real-processor", env: { TEST_DEVICE: "processor" } },
      },
      {
        extends: true,
        test: {
          name: "calibrate",
          include: ["src/evaluation/bases/calibrate.run.ts"],
          setupFiles: ["scripts/gpu-adapter-setup.ts"],
          browser: inChromium(),
        },
      },
    ],
  },
});
