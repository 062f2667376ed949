import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const inPublic = (name: string) => readFileSync(new URL(`../public/${name}`, import.meta.url));

interface Icon {
  src: string;
  type: string;
  sizes: string;
  purpose?: string;
}

const manifest = JSON.parse(inPublic("manifest.webmanifest").toString()) as {
  icons: Icon[];
  description_localized: object;
};
const { icons } = manifest;

const page = readFileSync(new URL("../index.html", import.meta.url), "utf8");

/** The edges of a picture, which its first chunk has. */
function sizeOf(png: Buffer): string {
  expect(png.subarray(1, 4).toString()).toBe("PNG");
  return `${png.readUInt32BE(16)}x${png.readUInt32BE(20)}`;
}

test("every PNG of the manifest is there, in the size that is said", () => {
  const pngs = icons.filter(({ type }) => type === "image/png");
  expect(pngs.map(({ sizes }) => sizes).toSorted()).toEqual(["192x192", "512x512", "512x512"]);
  for (const { src, sizes } of pngs) expect(sizeOf(inPublic(src))).toBe(sizes);
  expect(pngs.filter(({ purpose }) => purpose === "maskable")).toHaveLength(1);
});

test("iOS, which reads no manifest for it, has a picture in the page", () => {
  expect(page).toContain('<link rel="apple-touch-icon" href="/icon-180.png" />');
  expect(sizeOf(inPublic("icon-180.png"))).toBe("180x180");
});

test("what is said without the page's script is said in all of its languages", () => {
  const languages = readdirSync(new URL("../src/ui/locales", import.meta.url))
    .filter((name) => name.endsWith(".po") && !["en.po", "en-XA.po"].includes(name))
    .map((name) => name.replace(".po", ""));
  expect(Object.keys(manifest.description_localized).toSorted()).toEqual(languages.toSorted());
  const [, withoutScript = ""] = /<noscript>(.*)<\/noscript>/s.exec(page) ?? [];
  const said = [...withoutScript.matchAll(/<p lang="(.*?)"/g)].map(([, tag]) => tag);
  expect(said.toSorted()).toEqual(languages.toSorted());
});
