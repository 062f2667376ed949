import { createServer } from "vite";
import type { ModelDescription } from "../../../src/model/sources/source.ts";

let described: Promise<ModelDescription> | undefined;

/** What the file that is measured says of its model: the file at `PERF_MODEL`. */
export function describeFile(): Promise<ModelDescription> {
  described ??= describe(process.env["PERF_MODEL"] ?? "");
  return described;
}

async function describe(path: string): Promise<ModelDescription> {
  const server = await createServer({
    configFile: false,
    appType: "custom",
    server: { middlewareMode: true, watch: null, ws: false },
    // No page is served, so that none has to be looked through for what it needs.
    optimizeDeps: { noDiscovery: true },
  });
  try {
    const module = await server.ssrLoadModule("/e2e/perf/report/describe-file.ts");
    const { describeFileAt } = module as typeof import("./describe-file.ts");
    return await describeFileAt(path);
  } finally {
    await server.close();
  }
}
