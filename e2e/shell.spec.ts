import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { expect, type Page } from "@playwright/test";
import { complaintsOf } from "./pages/complaints.ts";
import { test } from "./pages/test.ts";

test.use({ serviceWorkers: "allow" });

const SHELL_LIMIT_BYTES = 200_000;

interface BuiltChunk {
  file: string;
  css?: string[];
  imports?: string[];
}

const dist = (path: string) => new URL(`../dist/${path}`, import.meta.url);

/** The files that the page waits for: its entry and all files that are imported statically from there. */
async function shellFiles(): Promise<string[]> {
  const manifest = await readFile(dist(".vite/manifest.json"), "utf8");
  const chunks = JSON.parse(manifest) as Record<string, BuiltChunk>;
  const seen = new Set<string>();
  const visit = (key: string) => {
    if (seen.has(key)) return;
    seen.add(key);
    chunks[key]?.imports?.forEach(visit);
  };
  visit("index.html");
  const files = [...seen].flatMap((key) => [chunks[key]?.file ?? [], chunks[key]?.css ?? []]);
  return ["index.html", ...new Set(files.flat())];
}

async function gzipBytes(file: string): Promise<number> {
  return gzipSync(await readFile(dist(file))).byteLength;
}

/** Waits until a service worker controls the page, so that it answers the page's reload. */
async function waitUntilOffline(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
    if (navigator.serviceWorker.controller) return;
    await new Promise((resolve) => {
      navigator.serviceWorker.addEventListener("controllerchange", resolve, { once: true });
    });
  });
}

const isolated = (page: Page) => page.evaluate(() => crossOriginIsolated);

test("the page comes isolated, with a policy that nothing on it breaks", async ({ page }) => {
  const complaints = complaintsOf(page);
  const response = await page.goto("/", { waitUntil: "load" });

  expect(response?.headers()).toMatchObject({
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "content-security-policy": expect.stringContaining("default-src 'none'"),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
  });
  await expect(page).toHaveTitle(/Rekindle/);
  expect(await isolated(page)).toBe(true);
  expect(complaints).toEqual([]);

  // The page carries the policy of the header, except for the directive that has no effect in a page.
  const header = response?.headers()["content-security-policy"];
  const meta = page.locator('meta[http-equiv="Content-Security-Policy"]');
  const policy = (await meta.getAttribute("content")) ?? "";
  expect(`${policy}; frame-ancestors 'none'`).toBe(header);
});

test("the shell is small, and neither the engine nor the tokenizer is in it", async () => {
  const files = await shellFiles();
  const sizes = await Promise.all(files.map(gzipBytes));
  const total = sizes.reduce((sum, size) => sum + size, 0);

  expect(files.filter((file) => /worker|tokenizer|web-llm/.test(file))).toEqual([]);
  expect(total).toBeLessThan(SHELL_LIMIT_BYTES);
});

test("without a network a reload brings the page back, isolated as before", async ({
  page,
  context,
}) => {
  await page.goto("/");
  await waitUntilOffline(page);
  await context.setOffline(true);
  const complaints = complaintsOf(page);
  const response = await page.reload();

  expect(response?.fromServiceWorker()).toBe(true);
  await expect(page).toHaveTitle(/Rekindle/);
  expect(await isolated(page)).toBe(true);
  expect(complaints).toEqual([]);
});
