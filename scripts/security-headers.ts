import type { Plugin } from "vite";
import { MODEL_HUBS } from "../src/client/models/model-hosts.ts";

/**
 * What is not named falls under `default-src` and is refused: frames, objects, fonts, media. Code comes from this
 * origin alone, and none is inline. WebAssembly may compile, text may not. Where the browser has Trusted Types, no
 * string becomes code, markup or the address of a script: the one policy is in src/client/workers/script-urls.ts.
 */
const POLICY = {
  "default-src": "'none'",
  "script-src": "'self' 'wasm-unsafe-eval'",
  "worker-src": "'self'",
  "style-src": "'self'",
  "img-src": "'self'",
  "connect-src": ["'self'", ...MODEL_HUBS].join(" "),
  "manifest-src": "'self'",
  "base-uri": "'none'",
  "form-action": "'none'",
  "require-trusted-types-for": "'script'",
  "trusted-types": "rekindle",
};

const policy = Object.entries(POLICY)
  .map(([directive, sources]) => `${directive} ${sources}`)
  .join("; ");

/** What the dev server can send too: its own scripts are inline, so it cannot send the policy. */
export const devHeaders = {
  // Isolated, as `SharedArrayBuffer` and precise timers need.
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
};

/** Headers of every response of the built app. */
export const securityHeaders = {
  ...devHeaders,
  // A page cannot say this one about itself: browsers ignore it in `<meta>`.
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
