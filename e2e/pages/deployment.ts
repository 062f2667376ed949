import { execFile } from "node:child_process";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { type Plugin, preview, type PreviewServer } from "vite";
import { uncompressed } from "../../scripts/uncompressed.mjs";

const VITE = "node_modules/vite/bin/vite.js";

/** Builds a newer version of the app into `folder`. What is newer is in scripts/next-build.config.ts. */
export async function buildNext(folder: string): Promise<void> {
  const config = ["--config", "scripts/next-build.config.ts"];
  await promisify(execFile)(process.execPath, [VITE, "build", ...config, "--outDir", folder]);
}

/** A server that serves one build of the app after another from one origin, as a host does. */
export class Deployment {
  /**
   * Whether models are served. Pages that need none are quicker without, as loading one takes longer than all the
   * rest.
   */
  hasModels = true;
  #server: PreviewServer | undefined;
  #port = 0;

  static async of(folder: string): Promise<Deployment> {
    const deployment = new Deployment();
    await deployment.deploy(folder);
    return deployment;
  }

  get origin(): string {
    return `http://localhost:${this.#port}`;
  }

  /** From now on, serve this build and nothing of the one before. */
  async deploy(outDir: string): Promise<void> {
    await this.stop();
    this.#server = await preview({
      logLevel: "warn",
      build: { outDir },
      preview: { port: this.#port, strictPort: true },
      plugins: [uncompressed(), this.#withholdModels()],
    });
    this.#port = (this.#server.httpServer.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    await this.#server?.close();
  }

  #withholdModels(): Plugin {
    return {
      name: "withhold-models",
      configurePreviewServer: ({ middlewares }) => {
        middlewares.use("/models", (_request, response, next) => {
          if (this.hasModels) next();
          else response.writeHead(404).end();
        });
      },
    };
  }
}
