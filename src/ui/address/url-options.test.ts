import { expect, test } from "vitest";
import { parseUrlOptions } from "./url-options.ts";

const PAGE = "https://rekindle.example/app/";
const EMBEDDED = "https://rekindle.example/app/models/pip-4.7m/mlc-q0f16/";

const modelOf = (query: string) => parseUrlOptions(PAGE + query).model;
const samplingOf = (query: string) => parseUrlOptions(PAGE + query).sampling;

test("without options no model is asked for, and none of its sampling changed", () => {
  expect(parseUrlOptions(`${PAGE}#/c/1`)).toEqual({ model: undefined, sampling: {} });
});

test("a model is a path from the page or an address, and ends in a slash", () => {
  expect(modelOf("?model=models/pip-4.7m/mlc-q4f16_1")).toBe(`${PAGE}models/pip-4.7m/mlc-q4f16_1/`);
  expect(modelOf("?model=/models/other/")).toBe("https://rekindle.example/models/other/");
  expect(modelOf("?model=https%3A%2F%2Fhub.example%2Fm")).toBe("https://hub.example/m/");
});

test("a GGUF file keeps its name", () => {
  expect(modelOf("?model=models/m.Q4_K_M.gguf")).toBe(`${PAGE}models/m.Q4_K_M.gguf`);
  expect(modelOf("?model=https://hub.example/m.GGUF?download=true%23x")).toBe(
    "https://hub.example/m.GGUF",
  );
  expect(modelOf("?model=models/m.gguf/")).toBe(`${PAGE}models/m.gguf/`);
  expect(modelOf("?model=local:m.gguf")).toBeUndefined();
});

test("what does not tell directories apart is no part of the address", () => {
  const asked = (address: string) => modelOf(`?model=${encodeURIComponent(address)}`);
  expect(asked("https://me:secret@hub.example/m?token=1#part")).toBe("https://hub.example/m/");
  expect(asked("https://HUB.example:443/x/../m/")).toBe("https://hub.example/m/");
  expect(asked("models/other/../pip-4.7m/%2e%2e/pip-4.7m/mlc-q0f16")).toBe(EMBEDDED);
});

test("a model that is no http address, or an endless one, is ignored", () => {
  expect(modelOf(`?model=${"a/".repeat(5000)}`)).toBeUndefined();
  for (const address of ["data:,", "blob:https://x.example/1", "file:///m/", "ftp://x/m/"])
    expect(modelOf(`?model=${encodeURIComponent(address)}`)).toBeUndefined();
  expect(modelOf("?model=")).toBeUndefined();
  expect(modelOf("?model=javascript:alert(1)")).toBeUndefined();
  expect(modelOf("?model=https://")).toBeUndefined();
});

test("a device is one that models can run on", () => {
  expect(parseUrlOptions(`${PAGE}?device=processor`).device).toBe("processor");
  expect(parseUrlOptions(`${PAGE}?device=gpu`).device).toBe("gpu");
  expect(parseUrlOptions(`${PAGE}?device=quantum`)).toEqual(parseUrlOptions(PAGE));
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

test("numbers that the sampler has no use for are as if absent", () => {
  expect(samplingOf("?temperature=1e308&seed=1e300&maxTokens=1e15")).toEqual({});
  expect(samplingOf("?temperature=NaN&seed=9007199254740993&maxTokens=4097")).toEqual({});
  expect(samplingOf("?temperature=2&seed=-9007199254740991&maxTokens=4096")).toEqual({
    temperature: 2,
    seed: -9007199254740991,
    maxTokens: 4096,
  });
});

test("what is for measuring is not asked for by an address of the page as it ships", () => {
  const query =
    "?quality=compact&restore=load&storedAs=int4&readMBps=1&readLatencyMs=9&gpuSlowdown=9&keepOnGpu=0";
  expect(parseUrlOptions(PAGE + query)).toEqual(parseUrlOptions(PAGE));
});
