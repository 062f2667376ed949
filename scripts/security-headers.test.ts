import { expect, test } from "vitest";
import { WEBLLM_LIBRARIES } from "../src/protocol/webllm-libraries.ts";
import { securityHeaders } from "./security-headers.ts";

const header = securityHeaders["Content-Security-Policy"];

test("the policy starts from nothing and allows neither inline scripts nor eval", () => {
  expect(header).toMatch(/^default-src 'none'; /);
  expect(header).not.toContain("unsafe-inline");
  expect(header).not.toContain("'unsafe-eval'");
  expect(header).not.toContain(" * ");
});

test("the page talks to its own origin, to model hubs, and to the place of WebLLM's libraries", () => {
  expect(header).toMatch(
    /; connect-src 'self'( https:\/\/(\*\.)?(huggingface\.co|hf\.co))+ https:\/\/raw\.githubusercontent\.com\/[\w/.-]+\/;/,
  );
});

test("that place is where the installed package has its libraries, and nothing more", async () => {
  const { modelLibURLPrefix, modelVersion, prebuiltAppConfig } = await import("@mlc-ai/web-llm");
  expect(WEBLLM_LIBRARIES).toBe(`${modelLibURLPrefix}${modelVersion}/`);
  const elsewhere = prebuiltAppConfig.model_list.filter(
    ({ model_lib }) => !/^[\w.-]+\.wasm$/.test(model_lib.replace(WEBLLM_LIBRARIES, "")),
  );
  expect(elsewhere).toEqual([]);
});

test("pictures and fonts are the page's own, and what is not named is refused", () => {
  const directives = header.split("; ").map((directive) => directive.split(" "));
  const sourcesOf = (name: string) => directives.find(([first]) => first === name)?.slice(1);
  expect(sourcesOf("img-src")).toEqual(["'self'"]);
  expect(sourcesOf("font-src")).toEqual(["'self'"]);
  expect(sourcesOf("worker-src")).toEqual(["'self'"]);
  for (const name of ["frame-src", "child-src", "object-src", "media-src"])
    expect(sourcesOf(name)).toBeUndefined();
  expect(header).not.toMatch(/\b(data|blob|filesystem):/);
});

test("no string becomes code, and one policy gives the addresses of scripts", () => {
  expect(header).toContain("; require-trusted-types-for 'script'; trusted-types rekindle;");
});

test("documents are isolated", () => {
  expect(securityHeaders).toMatchObject({
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
  });
});
