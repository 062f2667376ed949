import { readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { expect, type Page } from "@playwright/test";
import { preview } from "vite";
import { serveLocalModel } from "../../scripts/serve-local-model.ts";
import { uncompressed } from "../../scripts/uncompressed.mjs";

/** A model of 2 layers with random weights (Q4_0, 110 kB). Its answers make no sense, and are always the same. */
export const TINY_MODEL = {
  name: "tiny-llama.q4_0.gguf",
  path: fileURLToPath(new URL("../fixtures/tiny-llama.q4_0.gguf", import.meta.url)),
};

/** Serves the build that people get with this model beside it. @returns the address, and what ends the server */
export async function serveWithModel(model: { name: string; path: string }) {
  const server = await preview({
    logLevel: "warn",
    build: { outDir: "dist" },
    preview: { port: 0, strictPort: false },
    plugins: [uncompressed(), serveLocalModel(model)],
  });
  const { port } = server.httpServer.address() as AddressInfo;
  return { origin: `http://localhost:${port}`, close: () => server.close() };
}

interface DroppedFile {
  name: string;
  content: Uint8Array | string;
}

/** Drags a file over the page and drops it there, as a browser does in which files bring no handles. */
export async function dropFile(page: Page, { name, content }: DroppedFile): Promise<void> {
  const base64 = Buffer.from(content).toString("base64");
  const dataTransfer = await page.evaluateHandle(
    async ([fileName, text]) => {
      const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
      const transfer = new DataTransfer();
      transfer.items.add(new File([bytes], fileName, { lastModified: 1_700_000_000_000 }));
      return Promise.resolve(transfer);
    },
    [name, base64] as const,
  );
  await page.dispatchEvent("body", "dragenter", { dataTransfer });
  await expect(page.getByText("Drop text files to attach them")).toBeVisible();
  await page.dispatchEvent("body", "drop", { dataTransfer });
  await expect(page.getByText("Drop text files to attach them")).toBeHidden();
}

export const tinyModelFile = async (): Promise<DroppedFile> => ({
  name: TINY_MODEL.name,
  content: await readFile(TINY_MODEL.path),
});
