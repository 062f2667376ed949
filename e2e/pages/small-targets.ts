import type { Page } from "@playwright/test";

/** What can be pressed, apart from links in a text. A label belongs to what it names. */
const TARGETS = "button, summary, select, input, textarea, nav a, [role=tab], [role=menuitem]";

/** What can be pressed on the page and is smaller than a finger needs, with its size in CSS pixels. */
export const smallTargets = (page: Page, leastPx = 44): Promise<string[]> =>
  page.evaluate(
    ({ targets, least }) =>
      [...document.querySelectorAll<HTMLElement>(targets)]
        .filter((target) => target.checkVisibility() && !target.matches(".skip, [inert] *"))
        .map((target) => {
          const { width, height } = (target.closest("label") ?? target).getBoundingClientRect();
          return { name: target.ariaLabel ?? target.textContent, width, height };
        })
        // A file field that its button stands for has no size.
        .filter(({ width }) => width > 1)
        .filter(({ width, height }) => Math.min(width, height) < least - 0.5)
        .map(({ name, width, height }) => `${name}: ${Math.round(width)} × ${Math.round(height)}`),
    { targets: TARGETS, least: leastPx },
  );
