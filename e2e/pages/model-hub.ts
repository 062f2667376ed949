import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import type { BrowserContext, Route } from "@playwright/test";
import { largeModelOutline } from "../../scripts/large-model-outline.ts";

const HUB = "https://huggingface.co";
const EMBEDDED = new URL("../../public/models/pip-4.7m/mlc-q4f16_1/", import.meta.url);

/** Addresses of two repositories. The large one has no files with weights. */
export const SMALL_MODEL = `${HUB}/rekindle-test/small`;
export const LARGE_MODEL = `${HUB}/rekindle-test/large`;

/** A stand-in for a model hub, which answers in place of a network. */
export class ModelHub {
  /** Names of the files that were asked for. */
  readonly requests: string[] = [];
  isReachable = true;
  readonly #large = largeModelOutline();

  /** Answers requests to the hub. The page must have no service worker, whose own requests would not be seen. */
  static async serve(context: BrowserContext): Promise<ModelHub> {
    const hub = new ModelHub();
    await context.route(`${HUB}/**`, (route) => hub.#answer(route));
    return hub;
  }

  async #answer(route: Route): Promise<void> {
    const { pathname } = new URL(route.request().url());
    const name = basename(pathname);
    this.requests.push(name);
    if (!this.isReachable) return route.abort("internetdisconnected");
    const body = pathname.includes("/small/")
      ? await readFile(new URL(name, EMBEDDED)).catch(() => undefined)
      : (await this.#large).get(name);
    const headers = { "access-control-allow-origin": "*" };
    if (!body) return route.fulfill({ status: 404, headers });
    return route.fulfill({ headers, body: Buffer.from(body) });
  }
}
