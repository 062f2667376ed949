import { expect, test } from "vitest";
import { parseUrlOptions } from "./url-options.ts";

const PAGE = "https://rekindle.example/app/";
const EMBEDDED = "https://rekindle.example/app/models/pip-4.7m/mlc-q0f16/";

const modelOf = (query: string) => parseUrlOptions(PAGE + query).model.url;
const qualityOf = (query: string) => parseUrlOptions(PAGE + query).quality;
const samplingOf = (query: string) => parseUrlOptions(PAGE + query).sampling;

test("without options: the embedded model with its own sampling", () => {
  expect(parseUrlOptions(`${PAGE}#/c/1`)).toEqual({ model: { url: EMBEDDED }, sampling: {} });
});

test("a model is a path from the page or an address, and ends in a slash", () => {
  expect(modelOf("?model=models/pip-4.7m/mlc-q4f16_1")).toBe(`${PAGE}models/pip-4.7m/mlc-q4f16_1/`);
  expect(modelOf("?model=/models/other/")).toBe("https://rekindle.example/models/other/");
  expect(modelOf("?model=https%3A%2F%2Fhub.example%2Fm")).toBe("https://hub.example/m/");
});

test("a model that is no http address is ignored", () => {
  expect(modelOf("?model=")).toBe(EMBEDDED);
  expect(modelOf("?model=javascript:alert(1)")).toBe(EMBEDDED);
  expect(modelOf("?model=https://")).toBe(EMBEDDED);
});

test("sampling options are numbers in their range", () => {
  expect(samplingOf("?temperature=0&seed=1&maxTokens=32")).toEqual({
    temperature: 0,
    seed: 1,
    maxTokens: 32,
  });
  expect(samplingOf("?temperature=-1&seed=1.5&maxTokens=0")).toEqual({});
  expect(samplingOf("?temperature=hot&seed=&maxTokens=Infinity")).toEqual({});
});

test("a quality is one of the levels; anything else is as if absent", () => {
  const levels = ["exact", "balanced", "compact"];
  expect(levels.map((level) => qualityOf(`?quality=${level}`))).toEqual(levels);
  for (const nonsense of [
    "?quality=",
    "?quality=Exact",
    "?quality=best",
    "?quality=constructor",
    "",
  ])
    expect(parseUrlOptions(PAGE + nonsense)).not.toHaveProperty("quality");
});

test("a way to restore is one of the schemes; anything else is as if absent", () => {
  const schemes = ["auto", "recompute", "load", "split", "cake", "layerwise", "krul"];
  const restoreOf = (scheme: string) => parseUrlOptions(`${PAGE}?restore=${scheme}`).restore;
  expect(schemes.map(restoreOf)).toEqual(schemes);
  for (const nonsense of ["", "Auto", "fast", "constructor"])
    expect(parseUrlOptions(`${PAGE}?restore=${nonsense}`)).not.toHaveProperty("restore");
});

test("a form to store in, a slower GPU and what it keeps may be asked for", () => {
  const asked = parseUrlOptions(`${PAGE}?storedAs=static-f16&gpuSlowdown=4&keepOnGpu=1.5`);
  expect(asked).toMatchObject({ storedAs: "static-f16", gpuSlowdown: 4 });
  expect(asked.keepOnGpuBytes).toBe(1.5 * 1024 * 1024);
  expect(parseUrlOptions(`${PAGE}?keepOnGpu=0`).keepOnGpuBytes).toBe(0);
  const nonsense = parseUrlOptions(`${PAGE}?storedAs=f16&gpuSlowdown=0.5&keepOnGpu=-1`);
  for (const option of ["storedAs", "gpuSlowdown", "keepOnGpuBytes"])
    expect(nonsense).not.toHaveProperty(option);
});

test("ways to restore, and a slower disk, may be asked for", () => {
  const asked = parseUrlOptions("https://x.example/?restore=cake&readMBps=2.5&readLatencyMs=5");
  expect(asked).toMatchObject({
    restore: "cake",
    readThrottle: { bytesPerMs: 2500, latencyMs: 5 },
  });
  for (const query of ["", "?restore=fast&readMBps=0", "?readMBps=-1", "?readLatencyMs=5"]) {
    const options = parseUrlOptions(`https://x.example/${query}`);
    expect(options.restore).toBeUndefined();
    expect(options.readThrottle).toBeUndefined();
  }
});
