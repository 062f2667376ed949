import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type BrowserContext, type Page } from "playwright";
import { chromiumPath } from "../../chromium.ts";

/** Time between two looks at the memory, each of which takes some milliseconds. */
const LOOK_MS = 500;

interface RunningBrowser {
  page: Page;
  context: BrowserContext;
  processId: number;
}

async function launch(directory: string): Promise<RunningBrowser> {
  const context = await chromium.launchPersistentContext(directory, {
    executablePath: chromiumPath(),
    args: ["--no-sandbox"],
  });
  context.setDefaultTimeout(60_000);
  const page = context.pages()[0] ?? (await context.newPage());
  return { page, context, processId: await browserProcess(context) };
}

/** A Chromium with a profile of its own and no GPU, whose memory can be asked for. */
export class MeasuredBrowser {
  readonly #directory: string;
  #running: RunningBrowser;

  private constructor(directory: string, running: RunningBrowser) {
    this.#directory = directory;
    this.#running = running;
  }

  static async start(): Promise<MeasuredBrowser> {
    const directory = mkdtempSync(join(tmpdir(), "rekindle-compare-"));
    return new MeasuredBrowser(directory, await launch(directory));
  }

  get page(): Page {
    return this.#running.page;
  }

  /**
   * Ends the browser and starts it again with what it has stored. A browser that is driven keeps copies of what its pages
   * download, for whoever drives it: 125 MiB of a model's parts, which nobody has who only uses the page.
   */
  async restart(): Promise<void> {
    await this.#running.context.close();
    this.#running = await launch(this.#directory);
  }

  /**
   * Looks at the memory of all the browser's processes twice a second from now on. What several share counts once.
   *
   * @returns ends the watch, and says how many bytes it was at most
   */
  watchMemory(): () => number {
    let most = 0;
    const look = () => {
      const each = processesBelow(this.#running.processId).map(proportionalBytes);
      most = Math.max(
        most,
        each.reduce((sum, bytes) => sum + bytes, 0),
      );
    };
    const timer = setInterval(look, LOOK_MS);
    return () => {
      clearInterval(timer);
      look();
      return most;
    };
  }

  async close(): Promise<void> {
    await this.#running.context.close();
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 5 });
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

/** The process and all that it has started, directly or not. Linux alone has these files. */
function processesBelow(root: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = readOrNothing(`/proc/${name}/stat`);
    // The name of the program, which may hold anything, ends with the last bracket.
    const parent = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1];
    if (parent !== undefined) parents.set(Number(name), Number(parent));
  }
  const isBelow = (id: number): boolean =>
    id === root || (parents.has(id) && isBelow(parents.get(id) ?? 0));
  return [...parents.keys()].filter(isBelow);
}

function proportionalBytes(processId: number): number {
  const [, kib = "0"] =
    /^Pss:\s+(\d+) kB/m.exec(readOrNothing(`/proc/${String(processId)}/smaps_rollup`)) ?? [];
  return Number(kib) * 1024;
}

/** A file of a process, which may end at any moment. */
function readOrNothing(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
