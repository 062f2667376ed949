import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, preview, type Plugin } from "vite";
import { commonHeaders, securityHeaders } from "../../security-headers.ts";
import { serveLocalModel } from "../../serve-local-model.ts";

const ROOT = fileURLToPath(new URL("wllama/", import.meta.url));

/** A page on a port of this machine, with the model's file beside it. */
export interface ServedPage {
  /** Its address, with a final slash. */
  origin: string;
  close: () => Promise<void>;
}

/** Builds the page of wllama and serves it, isolated from other origins so that it may have threads. */
export async function serveWllama(model: string): Promise<ServedPage> {
  const outDir = mkdtempSync(join(tmpdir(), "rekindle-wllama-"));
  await build({
    root: ROOT,
    configFile: false,
    logLevel: "warn",
    build: { outDir, emptyOutDir: true, target: "es2023" },
  });
  const { origin, close } = await servePage(outDir, model, {
    headers: commonHeaders,
    plugins: [withoutPolicy],
  });
  return {
    origin,
    async close() {
      await close();
      rmSync(outDir, { recursive: true, force: true });
    },
  };
}

/** Serves the built page as it is served to people. */
export const serveRekindle = (model: string): Promise<ServedPage> =>
  servePage("dist", model, { headers: securityHeaders });

/** Sends no policy with a page: this project's refuses scripts that another's page makes. */
const withoutPolicy: Plugin = {
  name: "without-policy",
  configurePreviewServer({ middlewares }) {
    middlewares.use((_, response, next) => {
      response.removeHeader("Content-Security-Policy");
      next();
    });
  },
};

/** Serves a folder with the model's file at `models/local/`. */
async function servePage(
  outDir: string,
  model: string,
  { headers, plugins = [] }: { headers: Record<string, string>; plugins?: Plugin[] },
): Promise<ServedPage> {
  const server = await preview({
    configFile: false,
    logLevel: "warn",
    appType: "mpa",
    build: { outDir },
    preview: { port: 0, strictPort: false, headers },
    plugins: [serveLocalModel({ name: basename(model), path: model }), ...plugins],
  });
  const { port } = server.httpServer.address() as AddressInfo;
  return { origin: `http://localhost:${String(port)}/`, close: () => server.close() };
}
