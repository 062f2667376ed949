/** @file The part of the import table that is about tools: see import-table.ts. */

/** Tools that are run from a terminal, and the tests of the whole app. */
export const TOOL_ROOMS: Record<string, string[]> = {
  "scripts/bench": ["src/metrics", "scripts/bench/processor"],
  "scripts/bench/processor": [
    "scripts",
    "scripts/bench",
    "scripts/bench/processor/**",
    "e2e/pages",
  ],
  "scripts/bench/processor/wllama": [],
  "scripts/dawn": ["scripts"],
  "scripts/golden": [
    "src/shared",
    "src/device",
    "src/gpu",
    "src/cpu",
    "src/tokenizer",
    "src/model/**",
    "src/ui/notices",
  ],
  "scripts/real": [
    "src/metrics",
    "src/model/generate",
    "scripts/bench",
    "scripts/golden",
    "src/evaluation/real-model",
  ],
  "scripts/evaluate": ["scripts/bench", "scripts/golden", "src/evaluation/any-model"],
  "scripts/firefox": [],
  "scripts/simulate": ["scripts/bench", "src/kv/cache", "src/restore"],
  scripts: [
    "scripts/**",
    "e2e/perf/report",
    "src/catalogue",
    "src/client/models",
    "src/device",
    "src/gpu",
    "src/cpu",
    "src/model/**",
  ],
  "e2e/perf/report": ["scripts/bench", "src/downloads", "src/model/**", "src/tokenizer/**"],
  "e2e/pages": ["scripts"],
  "e2e/perf": ["e2e/**"],
  e2e: ["scripts", "e2e/**"],
};
