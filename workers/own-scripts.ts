import processorThread from "./processor-thread.worker.ts?worker&url";
import templateWorker from "./template.worker.ts?worker&url";

/** Scripts that the engine's worker starts. The import gives only the place where the bundler puts one. */
const SCRIPTS = { template: templateWorker, processorThread } as const;

/** The part of the browser's Trusted Types that is used here; TypeScript's library does not have it yet. */
interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL: (url: string) => string },
  ): { createScriptURL(url: string): string };
}

/**
 * The engine worker's own policy: each worker has one, as the page has. The name is in the content security policy, which
 * allows no other.
 */
const policy = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes?.createPolicy(
  "rekindle",
  { createScriptURL: ownScript },
);

/** Starts a worker of one of the engine's own scripts. Called in the engine's worker. */
export function startOwnWorker(name: keyof typeof SCRIPTS): Worker {
  const url = SCRIPTS[name];
  return new Worker(policy?.createScriptURL(url) ?? url, { type: "module", name });
}

/** @throws TypeError for any other URL than those of the scripts */
function ownScript(url: string): string {
  const own = Object.values(SCRIPTS).find((script) => script === url);
  if (own === undefined) throw new TypeError(`not a script of the engine: ${url}`);
  return own;
}
