import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { chromiumPath } from "../chromium.ts";

/** Folders in which Chromium may lie. `/usr/bin/chromium` is a script that starts the one in the other folder. */
const CHROMIUM_FOLDERS = [dirname(chromiumPath()), "/usr/lib/chromium"];

const DRIVER = "vk_swiftshader_icd.json";

const PROBE = `
  const { create } = await import("webgpu");
  globalThis.dawn = create([]);
  process.exit((await dawn.requestAdapter()) ? 0 : 1);
`;

/**
 * Whether Dawn finds an adapter. A process of its own is asked, because Vulkan reads its list of drivers only once.
 */
function hasAdapter(): boolean {
  const probe = spawnSync(process.execPath, ["--input-type=module", "--eval", PROBE]);
  return probe.status === 0;
}

/** The folder in which Chromium has SwiftShader, the software driver, and Vulkan's loader. */
function softwareDriver(): string | undefined {
  return CHROMIUM_FOLDERS.find((folder) => existsSync(join(folder, DRIVER)));
}

/** Vitest calls this before all tests. Workers that start afterwards inherit the environment. */
export function setup(): void {
  if (process.env["VK_DRIVER_FILES"] !== undefined || hasAdapter()) return;
  const folder = softwareDriver();
  if (folder === undefined) return;
  process.env["VK_DRIVER_FILES"] = join(folder, DRIVER);
  const libraries = process.env["LD_LIBRARY_PATH"];
  process.env["LD_LIBRARY_PATH"] = libraries ? `${libraries}:${folder}` : folder;
}
