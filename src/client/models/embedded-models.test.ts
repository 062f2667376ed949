import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { embeddedModels } from "./embedded-models.ts";

test("the embedded models are those that lie in the page's folder", () => {
  const page = new URL("../../../public/", import.meta.url);
  const files = readdirSync(page, { recursive: true, encoding: "utf8" });
  const configs = files.filter((file) => file.endsWith("mlc-chat-config.json"));
  const directories = configs.map((file) => new URL(".", new URL(file, page)).href);
  expect(embeddedModels(page.href).toSorted()).toEqual(directories.toSorted());
});
