import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path/posix";
import { expect, test } from "vitest";
import { MAY_IMPORT } from "./import-table.ts";

/** Folders that are no part of the project, or that a command makes and nobody commits. */
const NOT_OURS = /^(\.git|\.cache|node_modules|dist|dist-measuring|reports|test-results)(\/|$)/;

/** The paths of all files of the project, from the root. */
const FILES = readdirSync(".", { withFileTypes: true })
  .filter(({ name }) => !NOT_OURS.test(name))
  .flatMap((entry) => (entry.isDirectory() ? filesIn(entry.name) : [entry.name]));

const DOCUMENTS = FILES.filter((file) => /^([A-Z]+\.md|docs\/[^/]+\.md)$/.test(file));

const PATHS = new Set(FILES.flatMap((file) => [file, ...foldersOf(file)]));
const NAMES = new Set(FILES.map((file) => file.slice(file.lastIndexOf("/") + 1)));

/** The names in package.json that `npm run` takes. */
const COMMANDS = Object.keys(
  (JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> }).scripts,
);

function filesIn(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
}

function foldersOf(file: string): string[] {
  const folder = dirname(file);
  return folder === "." ? [] : [folder, ...foldersOf(folder)];
}

/** The files that relative links and pictures name, as paths from the root. */
function linkedPaths(document: string, text: string): string[] {
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
  return targets
    .filter((target) => !/^(https?:|#)/.test(target))
    .map((target) => join(dirname(document), target.replace(/#.*$/, "")));
}

/** The texts in backticks that read as a file or a folder of this project. */
function quotedPaths(text: string): string[] {
  const roots = [...new Set(FILES.filter((file) => file.includes("/")).map(rootOf))];
  return [...text.matchAll(/`([^`\s]+)`/g)]
    .map(([, quoted = ""]) => quoted.replace(/\/$/, ""))
    .filter((quoted) => roots.includes(rootOf(quoted)) || isFileName(quoted));
}

const rootOf = (path: string): string => path.split("/")[0] ?? path;

const isFileName = (quoted: string): boolean => /^[\w.-]+\.(ts|tsx|mjs|json|md|wgsl)$/.test(quoted);

function exists(path: string): boolean {
  if (NOT_OURS.test(path)) return true;
  if (path.includes("*")) return [...PATHS].some((existing) => globOf(path).test(existing));
  return PATHS.has(path) || (!path.includes("/") && NAMES.has(path));
}

/** In a path, `*` stands for a part of a name and `**` for any path. */
function globOf(path: string): RegExp {
  const escaped = path.replace(/[.+^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${escaped.replace(/\*+/g, (stars) => (stars === "*" ? "[^/]*" : ".*"))}$`);
}

test("there are documents to check", () => {
  expect(DOCUMENTS).toEqual(expect.arrayContaining(["README.md", "docs/architecture.md"]));
});

test.each(DOCUMENTS)("%s: every link leads to a file of the project", (document) => {
  const links = linkedPaths(document, readFileSync(document, "utf8"));
  expect(links.filter((path) => !exists(path))).toEqual([]);
});

test.each(DOCUMENTS)("%s: every path in backticks is one of the project's", (document) => {
  const quoted = quotedPaths(readFileSync(document, "utf8"));
  expect(quoted.filter((path) => !exists(path))).toEqual([]);
});

test.each(DOCUMENTS)("%s: every command exists", (document) => {
  const text = readFileSync(document, "utf8");
  const commands = [...text.matchAll(/npm run ([\w:]+)/g)].map(([, name = ""]) => name);
  const benches = [...text.matchAll(/npm run bench -- ([a-z][\w-]*)/g)].map(([, name]) => name);
  expect(commands.filter((name) => !COMMANDS.includes(name))).toEqual([]);
  // One of them compares pages, and is a folder of scripts.
  const isBench = (name = "") => NAMES.has(`${name}.bench.ts`) || exists(`scripts/bench/${name}`);
  expect(benches.filter((name) => !isBench(name))).toEqual([]);
});

const ARCHITECTURE = "docs/architecture.md";

test("every room of the import table is named in the architecture's document", () => {
  const text = readFileSync(ARCHITECTURE, "utf8");
  expect([...MAY_IMPORT.keys()].filter((room) => !text.includes(`\`${room}\``))).toEqual([]);
});

/** What runs in tests alone may import more, by the zones of whole folders. */
const ONLY_IN_TESTS = /\.test\.tsx?$|\/testing\/|^src\/cpu\/kernels\//;

test("every folder with code is a room of the import table, so that the linter knows what it may import", () => {
  const code = FILES.filter(
    (path) => /^(src|shaders|workers)\/.*\.tsx?$/.test(path) && !ONLY_IN_TESTS.test(path),
  );
  const folders = new Set(code.map(dirname));
  expect([...folders].filter((folder) => !MAY_IMPORT.has(folder))).toEqual([]);
});

/** The uppermost folder of a room. */
const folderOf = (room: string): string => /^src\/\w+|^\w+/.exec(room)?.[0] ?? room;

/** For each uppermost folder the others that its rooms may import. `src/protocol` and `src/shared` are left out. */
function importsByFolder(): Map<string, string> {
  const folders = new Set([...MAY_IMPORT.keys()].map(folderOf));
  return new Map([...folders].map((folder) => [folder, importsOf(folder).toSorted().join(", ")]));
}

function importsOf(folder: string): string[] {
  const rooms = [...MAY_IMPORT].filter(([room]) => folderOf(room) === folder);
  const imports = new Set(rooms.flatMap(([, allowed]) => allowed.map(folderOf)));
  for (const common of [folder, "src/protocol", "src/shared"]) imports.delete(common);
  return [...imports];
}

test("the architecture's table of imports is what the linter enforces", () => {
  const [, table = ""] = readFileSync(ARCHITECTURE, "utf8").split("<!-- imports -->");
  const rows = [...table.matchAll(/^\| `([^`]+)` +\|[^|]*\|([^|]*)\|$/gm)].map(
    ([, folder = "", imports = ""]): [string, string] => {
      const quoted = [...imports.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name);
      return [folder, quoted.toSorted().join(", ")];
    },
  );
  expect(new Map(rows)).toEqual(importsByFolder());
});
