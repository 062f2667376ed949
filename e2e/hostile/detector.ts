import type { BrowserContext, Page, Request } from "@playwright/test";

/** What inputs have done to a page. */
export interface Misdeeds {
  /** Code of an input ran. */
  executed: string[];
  /** Something was fetched from another origin. */
  requested: string[];
  /** The page, or a tab that it opened, went elsewhere. */
  left: string[];
}

/**
 * Watches a page that has not been opened yet. Other origins get an empty answer, by which a page stays where it is.
 *
 * @param isOwn tells the page's own addresses
 */
export async function watch(
  context: BrowserContext,
  isOwn: (url: URL) => boolean,
): Promise<{ page: Page; misdeeds: Misdeeds }> {
  const misdeeds: Misdeeds = { executed: [], requested: [], left: [] };
  const note = (request: Request) => {
    const url = request.url();
    const isLeaving = request.isNavigationRequest() && request.frame().parentFrame() === null;
    (isLeaving ? misdeeds.left : misdeeds.requested).push(url.slice(0, 200));
  };
  await context.route(
    (url) => !isOwn(url),
    async (route) => {
      note(route.request());
      await route.fulfill({ status: 204 });
    },
  );
  await context.exposeFunction("__misdeed", (what: string) => misdeeds.executed.push(what));
  await context.addInitScript(markExecutions);
  const page = await context.newPage();
  context.on("page", (opened) => {
    misdeeds.left.push(opened.url());
    void opened.close();
  });
  return { page, misdeeds };
}

/** Runs in the page. Whatever an input could run to show itself is told. */
function markExecutions(): void {
  const tell = Reflect.get(window, "__misdeed") as (what: string) => Promise<void>;
  for (const name of ["__pwned", "alert", "confirm", "prompt", "print"])
    Reflect.set(window, name, (which?: string | number) => void tell(`${name} ${String(which)}`));
}
