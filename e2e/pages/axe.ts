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

interface Sight {
  /** Of the part that is looked at; the whole page if absent. */
  selector?: string;
  /** The names of the rules that are checked; all if absent. */
  rules?: readonly string[];
}

/**
 * What hinders people with a screen reader, a keyboard or weak eyes, as axe finds it.
 *
 * @returns for each broken rule its name, what it demands, and where
 */
export async function hindrances(page: Page, sight: Sight = {}): Promise<string[]> {
  if (!(await page.evaluate(() => "axe" in globalThis)))
    await page.evaluate(await readFile(SCRIPT, "utf8"));
  const violations = await page.evaluate(async ({ selector, rules }) => {
    const { axe } = globalThis as unknown as { axe: Axe };
    const found = await axe.run(selector ?? document, {
      resultTypes: ["violations"],
      ...(rules && { runOnly: rules }),
    });
    return found.violations.map(({ id, help, nodes }) => ({
      id,
      help,
      nodes: nodes.map(({ target }) => ({ target: target.map(String) })),
    }));
  }, sight);
  return violations.map(
    ({ id, help, nodes }) =>
      `${id}: ${help}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`,
  );
}
