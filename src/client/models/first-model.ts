import { defaultModel } from "./default-model.ts";
import { lastUsed, type LastUsed } from "./last-used.ts";
import type { ModelChoice } from "./model-choice.ts";
import { servedModel, type ServedModel } from "./served-model.ts";
import { isSoftwareAdapter } from "./software-adapter.ts";

interface Surroundings {
  lastUsed: () => LastUsed | undefined;
  servedModel: (pageUrl: string) => Promise<ServedModel | undefined>;
  isSoftwareAdapter: () => Promise<boolean>;
}

const THESE: Surroundings = {
  lastUsed,
  servedModel: (pageUrl) => servedModel(pageUrl),
  isSoftwareAdapter: () => isSoftwareAdapter(),
};

/**
 * Loads the model that the page begins with, by the rules of `defaultModel`. Only what these need is waited for: nothing
 * where the address names a model or the last visit had one, or else what the server offers, and only if it offers
 * anything, whether there is a graphics card.
 *
 * @param asked the model that the page's address names
 * @param host the page's address
 */
export async function loadFirstModel(
  choice: Pick<ModelChoice, "serve" | "loadIfFree">,
  { asked, host }: { asked: string | undefined; host: string },
  { lastUsed, servedModel, isSoftwareAdapter }: Surroundings = THESE,
): Promise<void> {
  const used = lastUsed();
  const serving = servedModel(host);
  const isSettled = asked !== undefined || used?.wasServed === false;
  const served = isSettled ? undefined : await serving;
  const isOpen = served && used?.url !== served.url;
  const software = isOpen ? await isSoftwareAdapter() : true;
  choice.serve(served);
  const url = defaultModel({ asked, lastUsed: used, served, software, host });
  const loading = choice.loadIfFree(url);
  if (isSettled) choice.serve(await serving);
  await loading;
}
