import type { BrowserContext, PlaywrightWorkerArgs } from "@playwright/test";
import { ChatPage } from "./chat-page.ts";

export interface ProfileOptions {
  playwright: PlaywrightWorkerArgs["playwright"];
  baseURL: string | undefined;
  /** Holds all that the browser keeps. */
  directory: string;
}

/** A browser whose profile lies on disk: what it stores is there after its end, whichever that was. */
export class KeptProfile {
  readonly #options: ProfileOptions;
  #context: BrowserContext | undefined;

  constructor(options: ProfileOptions) {
    this.#options = options;
  }

  /** Start the browser; a page that has not gone anywhere. */
  async start(): Promise<ChatPage> {
    const { playwright, baseURL, directory } = this.#options;
    this.#context = await playwright.chromium.launchPersistentContext(
      directory,
      baseURL === undefined ? {} : { baseURL },
    );
    const [page = await this.#context.newPage()] = this.#context.pages();
    return new ChatPage(page);
  }

  /** End the browser in order. */
  async close(): Promise<void> {
    await this.#context?.close();
    this.#context = undefined;
  }

  /** End it as a power cut would: the process that owns the profile, at once. */
  async kill(): Promise<void> {
    const context = this.#context;
    if (!context) throw new Error("the browser is not running");
    const closed = new Promise((resolve) => context.once("close", resolve));
    process.kill(await browserProcess(context), "SIGKILL");
    await closed;
    this.#context = undefined;
  }
}

async function browserProcess(context: BrowserContext): Promise<number> {
  const devtools = await context.browser()?.newBrowserCDPSession();
  const processes = await devtools?.send("SystemInfo.getProcessInfo");
  const id = processes?.processInfo.find(({ type }) => type === "browser")?.id;
  if (id === undefined) throw new Error("the browser does not say which process it is");
  return id;
}
