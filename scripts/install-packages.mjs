// Installs the packages when they are not those that package-lock.json names. It runs before anything is installed, so
// it may use nothing but Node.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

/** @typedef {{ version?: string, optional?: boolean, devOptional?: boolean }} LockedPackage */

/**
 * @param {string} path
 * @returns {Record<string, LockedPackage>} each package by its place under the root
 */
function packagesIn(path) {
  try {
    const lock = /** @type {unknown} */ (JSON.parse(readFileSync(path, "utf8")));
    return /** @type {{ packages: Record<string, LockedPackage> }} */ (lock).packages;
  } catch {
    return {}; // The file is missing when nothing has been installed yet.
  }
}

/**
 * Whether the installed packages are those of the lock file. The contents are compared and not the dates, since a fresh
 * checkout of the same lock file is newer and needs nothing.
 */
function isInstalled() {
  const wanted = Object.entries(packagesIn("package-lock.json")).filter(([place]) => place !== "");
  const found = packagesIn("node_modules/.package-lock.json");
  return wanted.every(([place, { version, optional, devOptional }]) => {
    const otherPlatform = optional === true || devOptional === true;
    return found[place]?.version === version || (otherPlatform && found[place] === undefined);
  });
}

/** @returns {boolean} whether the packages are there now */
export function installPackages() {
  if (isInstalled()) return true;
  console.log("Installing packages (once)…");
  const npm = process.env["npm_execpath"];
  const { status } =
    npm === undefined
      ? spawnSync("npm", ["ci", "--ignore-scripts"], {
          stdio: "inherit",
          shell: process.platform === "win32",
        })
      : spawnSync(process.execPath, [npm, "ci", "--ignore-scripts"], { stdio: "inherit" });
  return status === 0;
}

const isMain = import.meta.url === pathToFileURL(process.argv[1] ?? "").href;
if (isMain && !installPackages()) process.exitCode = 1;
