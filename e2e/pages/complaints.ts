import type { Page } from "@playwright/test";

/**
 * Collects what a page complains about from now on: exceptions and console errors, among them what its policy
 * refuses.
 */
export function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  return complaints;
}
