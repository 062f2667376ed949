import { expect, test } from "vitest";
import { defaultModel } from "./default-model.ts";
import { offeredModel } from "./offered-model.ts";

const host = "https://rekindle.example/app/";
const PIP = `${host}models/pip-4.7m/mlc-q0f16/`;
const served = { url: `${host}models/local/s.gguf`, name: "S", bytes: 94e6 };
const HUB = "https://huggingface.co/a/b/";
const FILE = "local:m.gguf?size=5&modified=7";
const nothing = { asked: undefined, lastUsed: undefined, served: undefined, host };
const used = (url: string, wasServed = false) => ({ url, wasServed });

test("DM1: what the address names comes before everything else", () => {
  expect(defaultModel({ ...nothing, asked: HUB, lastUsed: used(FILE), served })).toBe(HUB);
});

test("DM2: what was used last comes before what is served", () => {
  for (const url of [HUB, FILE, PIP])
    expect(defaultModel({ ...nothing, lastUsed: used(url), served })).toBe(url);
  const lastUsed = used(served.url, true);
  expect(defaultModel({ ...nothing, lastUsed, served })).toBe(served.url);
});

test("DM2: what the server no longer offers is not asked for", () => {
  const lastUsed = used(`${host}models/local/older.gguf`, true);
  expect(defaultModel({ ...nothing, lastUsed, served })).toBe(served.url);
  expect(defaultModel({ ...nothing, lastUsed })).toBe(PIP);
});

test("DM3 and DM4: the served model answers, and Pip where none is served", () => {
  expect(defaultModel({ ...nothing, served })).toBe(served.url);
  expect(defaultModel(nothing)).toBe(PIP);
});

test("OM1 to OM3: beside Pip the served model is offered, and Pip beside every other", () => {
  const embedded = [PIP, `${host}models/pip-4.7m/mlc-q4f16_1/`] as const;
  expect(offeredModel({ wanted: undefined, served, embedded })).toBeUndefined();
  expect(offeredModel({ wanted: PIP, served: undefined, embedded })).toBeUndefined();
  expect(offeredModel({ wanted: embedded[1], served, embedded })).toEqual(served);
  for (const wanted of [HUB, FILE, served.url])
    expect(offeredModel({ wanted, served, embedded })).toEqual({ url: PIP, name: "Pip" });
});
