/**
 * @file `npx tsx scripts/make-icons.ts` draws public/icon.svg as PNG, in Chromium, for systems that install no page whose
 * icons are SVG alone. The files are kept with the project; run it again when the icon changes.
 */

import { readFile, writeFile } from "node:fs/promises";
import { chromium } from "playwright";
import { chromiumPath } from "./chromium.ts";

const PUBLIC = new URL("../public/", import.meta.url);

/** Edges in pixels that systems ask for, and 180 for iOS. */
const SIZES = [180, 192, 512];

/** A maskable icon may lose whatever is outside this share of its edge, so all but the background stays inside. */
const SAFE_SHARE = 0.8;

/** The colour of the icon's background, which fills a maskable icon to its corners. */
const BACKGROUND = "#2a2320";

const svg = await readFile(new URL("icon.svg", PUBLIC), "utf8");
const browser = await chromium.launch({ executablePath: chromiumPath(), args: ["--no-sandbox"] });
try {
  const page = await browser.newPage();
  for (const size of SIZES) await draw(`icon-${size}.png`, size, { share: 1 });
  await draw("icon-maskable-512.png", 512, { share: SAFE_SHARE, background: BACKGROUND });

  async function draw(
    name: string,
    size: number,
    { share, background = "transparent" }: { share: number; background?: string },
  ): Promise<void> {
    const edge = Math.round(size * share);
    const image = `data:image/svg+xml;base64,${Buffer.from(svg).toString("base64")}`;
    await page.setViewportSize({ width: size, height: size });
    await page.setContent(
      `<body style="margin:0;display:grid;place-items:center;height:100vh;background:${background}">` +
        `<img src="${image}" width="${edge}" height="${edge}">`,
    );
    await page.locator("img").evaluate((img: HTMLImageElement) => img.decode());
    await writeFile(new URL(name, PUBLIC), await page.screenshot({ omitBackground: true }));
  }
} finally {
  await browser.close();
}
