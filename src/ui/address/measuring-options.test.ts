import { expect, test } from "vitest";
import { parseMeasuringOptions } from "./measuring-options.ts";

const PAGE = "https://rekindle.example/app/";

const qualityOf = (query: string) => parseMeasuringOptions(PAGE + query).quality;

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
    expect(parseMeasuringOptions(PAGE + nonsense)).not.toHaveProperty("quality");
});

test("a way to restore is one of the schemes; anything else is as if absent", () => {
  const schemes = ["auto", "recompute", "load", "split", "cake", "layerwise", "krul"];
  const restoreOf = (scheme: string) => parseMeasuringOptions(`${PAGE}?restore=${scheme}`).restore;
  expect(schemes.map(restoreOf)).toEqual(schemes);
  for (const nonsense of ["", "Auto", "fast", "constructor"])
    expect(parseMeasuringOptions(`${PAGE}?restore=${nonsense}`)).not.toHaveProperty("restore");
});

test("a form to store in, a slower GPU and what it keeps may be asked for", () => {
  const asked = parseMeasuringOptions(`${PAGE}?storedAs=static-f16&gpuSlowdown=4&keepOnGpu=1.5`);
  expect(asked).toMatchObject({ storedAs: "static-f16", gpuSlowdown: 4 });
  expect(asked.keepOnGpuBytes).toBe(1.5 * 1024 * 1024);
  expect(parseMeasuringOptions(`${PAGE}?keepOnGpu=0`).keepOnGpuBytes).toBe(0);
  const nonsense = parseMeasuringOptions(`${PAGE}?storedAs=f16&gpuSlowdown=0.5&keepOnGpu=-1`);
  for (const option of ["storedAs", "gpuSlowdown", "keepOnGpuBytes"])
    expect(nonsense).not.toHaveProperty(option);
});

test("ways to restore, and a slower disk, may be asked for", () => {
  const asked = parseMeasuringOptions(
    "https://x.example/?restore=cake&readMBps=2.5&readLatencyMs=5",
  );
  expect(asked).toMatchObject({
    restore: "cake",
    readThrottle: { bytesPerMs: 2500, latencyMs: 5 },
  });
  for (const query of ["", "?restore=fast&readMBps=0", "?readMBps=-1", "?readLatencyMs=5"]) {
    const options = parseMeasuringOptions(`https://x.example/${query}`);
    expect(options.restore).toBeUndefined();
    expect(options.readThrottle).toBeUndefined();
  }
});
