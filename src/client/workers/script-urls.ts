import storeWorker from "../../../workers/store.worker.ts?worker&url";
import { ENGINES, type EngineKind } from "./engines.ts";

/** The scripts that the page starts besides its own and those of engines. Their code is not imported, only where the bundler puts it. */
const SCRIPTS = {
  store: storeWorker,
  serviceWorker: `${import.meta.env.BASE_URL}sw.js`,
} as const;

/** The part of the browser's Trusted Types that is used here; TypeScript's library does not have it yet. */
interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL: (url: string) => string }): ScriptUrlPolicy;
}

interface ScriptUrlPolicy {
  /** In truth it gives a `TrustedScriptURL`, which is taken wherever a script's URL is expected. */
  createScriptURL(url: string): string;
}

/** The name is in the content security policy, which allows no other: see scripts/security-headers.ts. */
const policy = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes?.createPolicy(
  "rekindle",
  { createScriptURL: ownScript },
);

/** The URL of a script of the page's own, as the browser takes it; elsewhere than here a string is refused. */
export function scriptUrl(name: keyof typeof SCRIPTS): string {
  return trusted(SCRIPTS[name]);
}

/** The same for the script of an engine's worker. */
export function engineScriptUrl({ script }: EngineKind): string {
  return trusted(script);
}

function trusted(url: string): string {
  // Browsers without Trusted Types take the string.
  return policy?.createScriptURL(url) ?? url;
}

/** @throws TypeError whatever it is asked for that is no script of the page */
export function ownScript(url: string): string {
  const scripts = [...Object.values(SCRIPTS), ...ENGINES.map(({ script }) => script)];
  const own = scripts.find((script) => script === url);
  if (own === undefined) throw new TypeError(`not a script of this page: ${url}`);
  return own;
}
