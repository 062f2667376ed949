import templateWorker from "./template.worker.ts?worker&url";

/** The part of the browser's Trusted Types that is used here; TypeScript's library does not have it yet. */
interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL: () => string },
  ): { createScriptURL(url: string): string };
}

/**
 * The engine worker's own policy: each worker has one, as the page has. It knows one script, whatever it is asked for.
 * The name is in the content security policy, which allows no other.
 */
const policy = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes?.createPolicy(
  "rekindle",
  { createScriptURL: () => templateWorker },
);

/** Starts the worker that runs chat templates. Called in the engine's worker. */
export function startTemplateWorker(): Worker {
  const url = policy?.createScriptURL(templateWorker) ?? templateWorker;
  return new Worker(url, { type: "module" });
}
