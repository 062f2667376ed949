import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import {
  type BrowserContext,
  type BrowserContextOptions,
  expect,
  type PlaywrightWorkerArgs,
} from "@playwright/test";
import { ChatPage } from "./chat-page.ts";

interface ProfileOptions {
  playwright: PlaywrightWorkerArgs["playwright"];
  baseURL: string | undefined;
  /** The folder that holds all that the browser keeps. */
  directory: string;
}

interface Running {
  context: BrowserContext;
  /** The id of the process that owns the profile. */
  processId: number;
}

export interface DatabaseLog {
  number: number;
  bytes: number;
}

/** A browser whose profile lies on a disk. What it has stored is there after its end, however it ended. */
export class KeptProfile {
  readonly #options: ProfileOptions;
  #running: Running | undefined;

  constructor(options: ProfileOptions) {
    this.#options = options;
  }

  /** Start the browser. Its page has not been anywhere yet. @param more options of its context */
  async start(more: BrowserContextOptions = {}): Promise<ChatPage> {
    const { playwright, baseURL, directory } = this.#options;
    const context = await playwright.chromium.launchPersistentContext(directory, {
      ...(baseURL !== undefined && { baseURL }),
      ...more,
    });
    this.#running = { context, processId: await browserProcess(context) };
    const [page = await context.newPage()] = context.pages();
    return new ChatPage(page);
  }

  /**
   * How far the log of LevelDB has come, in which the browser keeps IndexedDB. The log grows, or goes on in a file of a
   * higher number, until the browser throws everything away and begins anew. Chromium does that with files that it finds
   * corrupt; no page can make it do that.
   */
  async databaseLog(): Promise<DatabaseLog> {
    const folder = join(this.#options.directory, "Default", "IndexedDB");
    const names = await readdir(folder, { recursive: true });
    const logs = names.flatMap((name) => {
      const [, number] = /(\d+)\.log$/.exec(name) ?? [];
      return number === undefined ? [] : [{ name, number: Number(number) }];
    });
    const last = logs.toSorted((a, b) => b.number - a.number)[0];
    if (!last) return { number: 0, bytes: 0 };
    return { number: last.number, bytes: (await stat(join(folder, last.name))).size };
  }

  /** Close the browser in the ordinary way. */
  async close(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    await running?.context.close();
  }

  /** Kill the browser, as a crash would. None of its processes gets to finish anything. */
  async kill(): Promise<void> {
    const running = this.#running;
    if (!running) throw new Error("the browser is not running");
    this.#running = undefined;
    const closed = new Promise((resolve) => running.context.once("close", resolve));
    process.kill(running.processId, "SIGKILL");
    await closed;
    await expect.poll(() => isAlive(running.processId)).toBe(false);
  }
}

async function browserProcess(context: BrowserContext): Promise<number> {
  const devtools = await context.browser()?.newBrowserCDPSession();
  const processes = await devtools?.send("SystemInfo.getProcessInfo");
  await devtools?.detach();
  const id = processes?.processInfo.find(({ type }) => type === "browser")?.id;
  if (id === undefined) throw new Error("the browser does not say which process it is");
  return id;
}

function isAlive(processId: number): boolean {
  try {
    return process.kill(processId, 0);
  } catch {
    return false;
  }
}
