import { expect, test } from "vitest";
import { loadFirstModel } from "./first-model.ts";
import type { LastUsed } from "./last-used.ts";

const host = "https://rekindle.example/";
const PIP = `${host}models/pip-4.7m/mlc-q0f16/`;
const served = { url: `${host}models/local/s.gguf`, name: "S", bytes: 1 };

function visit(used?: LastUsed, { offers = true } = {}) {
  const calls: string[] = [];
  const choice = {
    serve: (model: typeof served | undefined) => void calls.push(`serve ${model?.name ?? "none"}`),
    loadIfFree: (url: string) => (calls.push(`load ${url}`), Promise.resolve()),
  };
  const surroundings = {
    lastUsed: () => used,
    servedModel: () => Promise.resolve(offers ? served : undefined),
  };
  return async (asked?: string) => {
    await loadFirstModel(choice, { asked, host }, surroundings);
    return calls;
  };
}

test("the first visit begins with the served model, or with Pip where none is served", async () => {
  expect(await visit()()).toEqual(["serve S", `load ${served.url}`]);
  expect(await visit(undefined, { offers: false })()).toEqual(["serve none", `load ${PIP}`]);
});

test("a model that is settled waits for nothing", async () => {
  const file = "local:m.gguf?size=5&modified=7";
  expect(await visit({ url: file, wasServed: false })()).toEqual([
    "serve none",
    `load ${file}`,
    "serve S",
  ]);
  const start = visit({ url: file, wasServed: false });
  expect((await start("https://hub.example/m/"))[1]).toBe("load https://hub.example/m/");
});

test("a served model that was used last is used again", async () => {
  const start = visit({ url: served.url, wasServed: true });
  expect(await start()).toEqual(["serve S", `load ${served.url}`]);
});
