import { createTypeScriptImportResolver } from "eslint-import-resolver-typescript";
import importX from "eslint-plugin-import-x";
import reactHooks from "eslint-plugin-react-hooks";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

/** What each folder may import, besides itself. Listed from the bottom up; nothing points upward. */
const mayImport: Record<string, string[]> = {
  "src/protocol": [],
  "src/shared": ["src/protocol"],
  "src/metrics": ["src/protocol", "src/shared"],
  "src/gpu": ["src/protocol", "src/shared"],
  shaders: ["src/gpu", "src/shared"],
  "src/tokenizer": ["src/shared"],
  "src/kv": ["shaders", "src/gpu", "src/shared"],
  "src/store": ["src/protocol", "src/shared"],
  "src/restore": ["src/shared"],
  "src/model": ["shaders", "src/gpu", "src/kv", "src/protocol", "src/shared"],
  "src/engine": [
    "src/gpu",
    "src/kv",
    "src/metrics",
    "src/model",
    "src/protocol",
    "src/restore",
    "src/shared",
    "src/store",
    "src/tokenizer",
  ],
  "src/evaluation": [
    "src/engine",
    "src/gpu",
    "src/kv",
    "src/metrics",
    "src/model",
    "src/protocol",
    "src/shared",
    "src/store",
    "src/tokenizer",
  ],
  workers: ["src/engine", "src/store", "src/protocol", "src/shared"],
  "src/client": ["src/protocol"],
  "src/ui": ["src/client", "src/protocol"],
  e2e: ["src/metrics", "src/protocol"],
};

const zones = Object.entries(mayImport).map(([folder, allowed]) => ({
  target: `./${folder}`,
  from: Object.keys(mayImport)
    .filter((other) => other !== folder && !allowed.includes(other))
    .map((other) => `./${other}`),
  message: `${folder} may import only: ${allowed.join(", ") || "nothing"}`,
}));

const zonesWith = (folder: string) =>
  zones.map(({ from, ...zone }) => ({ ...zone, from: from.filter((other) => other !== folder) }));

/** A benchmark records its rows wherever it stands. */
const benchZones = zonesWith("./src/metrics");

/** The page knows its workers by their URLs, which is all that an import with `?worker&url` gives. */
const workerUrlZones = zonesWith("./workers");

const tests = ["**/*.test.ts", "**/*.test.tsx", "**/*.conformance.ts", "**/*.bench.ts", "e2e/**"];

export default defineConfig(
  {
    ignores: [
      "node_modules",
      "dist",
      "dist-measuring",
      "reports",
      "test-results",
      "playwright-report",
    ],
  },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true } },
    plugins: { "import-x": importX },
    settings: { "import-x/resolver-next": [createTypeScriptImportResolver()] },
    rules: {
      "import-x/no-restricted-paths": ["error", { zones }],
      "import-x/no-cycle": "error",
      "no-console": "error",
      "max-lines": ["error", { max: 300, skipBlankLines: true, skipComments: true }],
      "max-lines-per-function": ["error", { max: 60, skipBlankLines: true, skipComments: true }],
      "max-params": ["error", 4],
      "no-restricted-syntax": [
        "error",
        { selector: "ExportAllDeclaration", message: "No barrels: import from the file itself." },
      ],
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
    },
  },
  {
    files: ["**/*.tsx", "src/client/**/*.ts"],
    extends: [reactHooks.configs.flat.recommended],
  },
  {
    files: tests,
    rules: { "max-lines-per-function": "off" },
  },
  {
    files: ["src/client/script-urls.ts"],
    rules: { "import-x/no-restricted-paths": ["error", { zones: workerUrlZones }] },
  },
  {
    files: ["**/*.bench.ts"],
    rules: { "import-x/no-restricted-paths": ["error", { zones: benchZones }] },
  },
  {
    // Command-line tools speak to a terminal.
    files: ["scripts/**"],
    rules: { "no-console": "off" },
  },
  {
    // React runs here and nowhere else; the engine runs without a DOM.
    ignores: ["src/ui/**", "src/client/**", "e2e/**", "scripts/**"],
    rules: {
      "no-restricted-imports": ["error", { patterns: ["react", "react-dom/*"] }],
      "no-restricted-globals": ["error", "window", "document", "localStorage"],
    },
  },
);
