import { renderToStaticMarkup } from "react-dom/server";
import { afterEach, expect, test, vi } from "vitest";
import { rememberHost } from "../../client/known-hosts.ts";
import { stubLocalStorage } from "../../client/models/testing-local-storage.ts";
import { LinkSettings } from "./LinkSettings.tsx";

afterEach(() => vi.unstubAllGlobals());

test("hosts are counted, and can be forgotten where there are any", () => {
  stubLocalStorage();
  expect(renderToStaticMarkup(<LinkSettings />)).toContain("No host was opened yet.");
  expect(renderToStaticMarkup(<LinkSettings />)).not.toContain("<button");
  rememberHost("a.example");
  expect(renderToStaticMarkup(<LinkSettings />)).toContain("1 host was opened");
  expect(renderToStaticMarkup(<LinkSettings />)).toContain("Ask again for every host");
});
