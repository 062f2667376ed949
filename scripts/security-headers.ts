import type { Plugin } from "vite";
import { MODEL_HUBS } from "../src/client/models/model-hosts.ts";
import { WEBLLM_LIBRARIES } from "../src/protocol/webllm-libraries.ts";

/** In browsers that have Trusted Types, no string becomes code, markup or the address of a script. */
const TRUSTED_TYPES = { "require-trusted-types-for": "'script'", "trusted-types": "rekindle" };

/**
 * The content security policy. Kinds of content that it does not name fall under `default-src` and are refused: frames,
 * objects and media. Code comes from this origin alone, and none of it is inline. WebAssembly may be compiled,
 * but text may not become code. Of Trusted Types there are the policies in src/client/workers/script-urls.ts and
 * workers/own-scripts.ts, which make the addresses of the page's own scripts.
 */
const POLICY = {
  "default-src": "'none'",
  "script-src": "'self' 'wasm-unsafe-eval'",
  "worker-src": "'self'",
  "style-src": "'self'",
  "img-src": "'self'",
  "font-src": "'self'",
  "connect-src": ["'self'", ...MODEL_HUBS, WEBLLM_LIBRARIES].join(" "),
  "manifest-src": "'self'",
  "base-uri": "'none'",
  "form-action": "'none'",
  ...TRUSTED_TYPES,
};

const written = (policy: Record<string, string>): string =>
  Object.entries(policy)
    .map(([directive, sources]) => `${directive} ${sources}`)
    .join("; ");

const policy = written(POLICY);

/** Headers of every server, that of browser tests included, which start workers of their own by plain strings. */
export const commonHeaders = {
  // These two isolate the page from other origins, which `SharedArrayBuffer` and precise timers require.
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
};

/** Headers of the dev server. Its own scripts are inline, so that of the policy it can send no more than Trusted Types. */
export const devHeaders = {
  ...commonHeaders,
  "Content-Security-Policy": written(TRUSTED_TYPES),
};

/** Headers of every response of the built app. */
export const securityHeaders = {
  ...commonHeaders,
  // A page cannot say `frame-ancestors` about itself: browsers ignore it in `<meta>`.
  "Content-Security-Policy": `${policy}; frame-ancestors 'none'`,
};

/** Puts the policy into the built page as well, for hosts that send no headers. */
export const policyInPage = (): Plugin => ({
  name: "policy-in-page",
  apply: "build",
  transformIndexHtml: () => [
    {
      tag: "meta",
      attrs: { "http-equiv": "Content-Security-Policy", content: policy },
      injectTo: "head-prepend",
    },
  ],
});
