/** @file Rules that need no types. Those that do are in .oxlintrc.json, for a faster program. */

import { createTypeScriptImportResolver } from "eslint-import-resolver-typescript";
import importX from "eslint-plugin-import-x";
import reactHooks from "eslint-plugin-react-hooks";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";
import { TEST_ZONES, ZONES } from "./scripts/import-zones.ts";

/** The page may import its workers with `?worker&url`, because such an import gives nothing but their URLs. */
const zonesWithWorkers = ZONES.map(({ from, ...zone }) => ({
  ...zone,
  from: from.filter((other) => other !== "./workers/*"),
}));

const NO_REACT = { patterns: ["react", "react-dom/*"] };

const tests = ["**/*.test.ts", "**/*.test.tsx", "**/*.conformance.ts", "**/*.bench.ts", "e2e/**"];
/** Files that tests are built of, and files that run only in tests. */
const testing = ["**/testing*.ts", "**/*testing.ts", "**/*.run.ts", "src/store/**/*.worker.ts"];

export default defineConfig(
  {
    ignores: [
      "node_modules",
      // AssemblyScript has types of its own, which its compiler checks.
      "src/cpu/kernels",
      "dist",
      "dist-measuring",
      "reports",
      "test-results",
      "playwright-report",
    ],
  },
  tseslint.configs.base,
  {
    files: ["**/*.{js,mjs,ts,tsx}"],
    plugins: { "import-x": importX },
    settings: { "import-x/resolver-next": [createTypeScriptImportResolver()] },
    rules: {
      "import-x/no-restricted-paths": ["error", { zones: ZONES }],
      "no-console": "error",
      "no-var": "error",
      "prefer-const": "error",
      "prefer-rest-params": "error",
      "prefer-spread": "error",
      "max-lines": ["error", { max: 300, skipBlankLines: true, skipComments: true }],
      "max-lines-per-function": ["error", { max: 60, skipBlankLines: true, skipComments: true }],
      "max-params": ["error", 4],
      "no-restricted-syntax": [
        "error",
        { selector: "ExportAllDeclaration", message: "No barrels: import from the file itself." },
        { selector: "TSEnumDeclaration", message: "No enums: a union of strings needs no code." },
      ],
    },
  },
  {
    files: ["**/*.tsx", "src/client/hooks/**/*.ts"],
    extends: [reactHooks.configs.flat.recommended],
  },
  {
    files: tests,
    rules: { "max-lines-per-function": "off" },
  },
  {
    files: [...tests, ...testing],
    rules: { "import-x/no-restricted-paths": ["error", { zones: TEST_ZONES }] },
  },
  {
    files: ["src/client/workers/script-urls.ts", "src/client/workers/engines.ts"],
    rules: { "import-x/no-restricted-paths": ["error", { zones: zonesWithWorkers }] },
  },
  {
    // Command-line tools write to a terminal.
    files: ["scripts/**", "e2e/perf/report/**"],
    rules: { "no-console": "off" },
  },
  {
    // React and the DOM may be used in these folders and nowhere else, so that the engine runs without a page.
    ignores: ["src/ui/**", "src/client/**", "public/**", "e2e/**", "scripts/**"],
    rules: {
      "no-restricted-imports": ["error", NO_REACT],
      "no-restricted-globals": ["error", "window", "document", "localStorage"],
    },
  },
  {
    // The rules of hooks are checked where hooks are.
    files: ["src/client/**/*.ts"],
    ignores: ["src/client/hooks/**"],
    rules: { "no-restricted-imports": ["error", NO_REACT] },
  },
);
