import type { BrowserContext, Page } from "@playwright/test";

type Watched = typeof globalThis & { violations: string[] };

/** Has the pages of a context keep what their policy refuses, from before they begin. */
export async function watchPolicy(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    const violations: string[] = [];
    (globalThis as Watched).violations = violations;
    addEventListener("securitypolicyviolation", (event) => {
      const { effectiveDirective, blockedURI, sample } = event;
      violations.push(`the policy's ${effectiveDirective} refuses ${blockedURI}: ${sample}`);
    });
  });
}

/** What the policy of a watched page has refused since this was asked last. */
export const policyViolations = (page: Page): Promise<string[]> =>
  page.evaluate(() => (globalThis as Watched).violations.splice(0));
