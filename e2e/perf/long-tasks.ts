import type { Page } from "@playwright/test";

declare global {
  interface Window {
    longTaskMs?: number[];
  }
}

/** Has the page note tasks of its thread that take longer than 50 ms, from now on. */
export async function watchTasks(page: Page): Promise<void> {
  await page.evaluate(() => {
    const noted = (window.longTaskMs ??= []);
    noted.length = 0;
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) noted.push(duration);
    }).observe({ type: "longtask" });
  });
}

/** The tasks that were noted, longest first, in whole milliseconds. */
export async function longTasks(page: Page): Promise<number[]> {
  const noted = await page.evaluate(() => window.longTaskMs ?? []);
  return noted.map(Math.round).toSorted((some, other) => other - some);
}

/** How they are told. */
export function taskWords(tasks: readonly number[]): string {
  const [longest = 0] = tasks;
  return `${String(tasks.length)} tasks above 50 ms, the longest ${String(longest)} ms`;
}
