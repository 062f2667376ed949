import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Page } from "@playwright/test";

const SCRIPT = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** What axe says of one rule that is broken, as far as it is read here. */
interface Violation {
  id: string;
  help: string;
  nodes: readonly { target: readonly unknown[] }[];
}

interface Axe {
  run(context: unknown, options: object): Promise<{ violations: readonly Violation[] }>;
}

/**
 * What hinders people with a screen reader, a keyboard or weak eyes, as axe finds it.
 *
 * @param selector of the part that is looked at; the whole page if absent
 * @returns for each broken rule its name, what it demands, and where
 */
export async function hindrances(page: Page, selector?: string): Promise<string[]> {
  await page.evaluate(await readFile(SCRIPT, "utf8"));
  const violations = await page.evaluate(async (part) => {
    const { axe } = globalThis as unknown as { axe: Axe };
    const found = await axe.run(part === undefined ? document : part, {
      resultTypes: ["violations"],
    });
    return found.violations.map(({ id, help, nodes }) => ({
      id,
      help,
      nodes: nodes.map(({ target }) => ({ target: target.map(String) })),
    }));
  }, selector);
  return violations.map(
    ({ id, help, nodes }) =>
      `${id}: ${help}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`,
  );
}
