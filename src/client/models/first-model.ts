import { defaultModel } from "./default-model.ts";
import { lastUsed, type LastUsed } from "./last-used.ts";
import type { ModelChoice } from "./model-choice.ts";
import { servedModel, type ServedModel } from "./served-model.ts";

interface Surroundings {
  lastUsed: () => LastUsed | undefined;
  servedModel: (pageUrl: string) => Promise<ServedModel | undefined>;
}

const THESE: Surroundings = {
  lastUsed,
  servedModel: (pageUrl) => servedModel(pageUrl),
};

/**
 * Loads the model that the page begins with, by the rules of `defaultModel`. What the server offers is waited
 * for only where it matters: not where the address names a model, or the last visit had one of its own.
 *
 * @param asked the model that the page's address names
 * @param host the page's address
 */
export async function loadFirstModel(
  choice: Pick<ModelChoice, "serve" | "loadIfFree">,
  { asked, host }: { asked: string | undefined; host: string },
  { lastUsed, servedModel }: Surroundings = THESE,
): Promise<void> {
  const used = lastUsed();
  const serving = servedModel(host);
  const isSettled = asked !== undefined || used?.wasServed === false;
  const served = isSettled ? undefined : await serving;
  choice.serve(served);
  const url = defaultModel({ asked, lastUsed: used, served, host });
  const loading = choice.loadIfFree(url);
  if (isSettled) choice.serve(await serving);
  await loading;
}
