import { existsSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ORIGIN = "http://localhost";
const ROOT = fileURLToPath(new URL("../../", import.meta.url));

const isFile = (path: string) => existsSync(path) && statSync(path).isFile();

/** The file that a dev server would serve for a URL: the one under `public/`, or else the one under the root. */
function fileOf(url: URL): string | undefined {
  if (url.protocol === "file:") return fileURLToPath(url);
  const path = decodeURIComponent(url.pathname).replace(/^\/@fs/, "");
  return [join(ROOT, "public", path), join(ROOT, path), path].find(isFile);
}

async function respond(url: URL): Promise<Response> {
  const file = fileOf(url);
  if (file === undefined || !isFile(file)) return new Response(null, { status: 404 });
  return new Response(await readFile(file));
}

/** Makes `fetch("/models/…")` work in Node as on a page, so that one test runs in both. */
export function serveProjectFiles(): void {
  const overNetwork = globalThis.fetch;
  const location = new URL(ORIGIN);
  Object.defineProperty(globalThis, "location", { value: location, configurable: true });
  globalThis.fetch = (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input, location);
    const ours = url.protocol === "file:" || url.origin === location.origin;
    return ours ? respond(url) : overNetwork(input, init);
  };
}
