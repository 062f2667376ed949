import downloadWorker from "../../../workers/download.worker.ts?worker&url";
import highlightWorker from "../../../workers/highlight.worker.ts?worker&url";
import storeWorker from "../../../workers/store.worker.ts?worker&url";
import { ENGINES, type EngineKind } from "./engines.ts";

/** Scripts that the page starts, besides those of engines. The import gives only the place where the bundler puts one. */
const SCRIPTS = {
  store: storeWorker,
  download: downloadWorker,
  highlight: highlightWorker,
  serviceWorker: `${import.meta.env.BASE_URL}sw.js`,
} as const;

/** The part of the browser's Trusted Types that is used here; TypeScript's library does not have it yet. */
interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL: (url: string) => string }): ScriptUrlPolicy;
}

interface ScriptUrlPolicy {
  /** Returns a `TrustedScriptURL` in truth, which the browser takes wherever a script's URL is expected. */
  createScriptURL(url: string): string;
}

/** The policy's name is in the content security policy, which allows no other: see scripts/security-headers.ts. */
const policy = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes?.createPolicy(
  "rekindle",
  { createScriptURL: ownScript },
);

/** The URL of one of the page's own scripts. Browsers with Trusted Types take no other URL, and no string. */
export function scriptUrl(name: keyof typeof SCRIPTS): string {
  return trusted(SCRIPTS[name]);
}

/** The URL of the script of an engine's worker, in the same form. */
export function engineScriptUrl({ script }: EngineKind): string {
  return trusted(script);
}

function trusted(url: string): string {
  // Browsers without Trusted Types take the string.
  return policy?.createScriptURL(url) ?? url;
}

/** The URL itself, if it is one of the page's own scripts. @throws TypeError for any other URL */
export function ownScript(url: string): string {
  const scripts = [...Object.values(SCRIPTS), ...ENGINES.map(({ script }) => script)];
  const own = scripts.find((script) => script === url);
  if (own === undefined) throw new TypeError(`not a script of this page: ${url}`);
  return own;
}
