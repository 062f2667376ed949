import { expect, test } from "vitest";
import { securityHeaders } from "./security-headers.ts";

const header = securityHeaders["Content-Security-Policy"];

test("the policy starts from nothing and allows neither inline scripts nor eval", () => {
  expect(header).toMatch(/^default-src 'none'; /);
  expect(header).not.toContain("unsafe-inline");
  expect(header).not.toContain("'unsafe-eval'");
  expect(header).not.toContain(" * ");
});

test("the page talks to its own origin and to model hubs only", () => {
  expect(header).toMatch(/; connect-src 'self'( https:\/\/(\*\.)?(huggingface\.co|hf\.co))+;/);
});

test("documents are isolated", () => {
  expect(securityHeaders).toMatchObject({
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
  });
});
