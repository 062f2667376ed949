import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");

const NAMED = /`(?<spec>[\w-]+\.spec\.ts)`: "(?<title>[^"]+)"/g;

test("every end-to-end test that the features name is there", () => {
  const named = [...read("docs/features.md").matchAll(NAMED)];
  expect(named.length).toBeGreaterThan(40);
  for (const { groups } of named) {
    const { spec = "", title = "" } = groups ?? {};
    expect(read(`e2e/${spec}`), spec).toContain(title);
  }
});
