import { rm } from "node:fs/promises";
import { expect } from "@playwright/test";
import { perfReport } from "./report/perf-report.ts";
import { spreadOf } from "./report/perf-rows.ts";
import { KeptProfile } from "../pages/kept-profile.ts";
import { EMBEDDED } from "../pages/pip.ts";
import { browserOf } from "./measure-resume.ts";
import { test } from "./perf-test.ts";

const VISITS = 7;
const ANSWERED = { timeout: 60_000, intervals: [50] };

test("first visit", async ({ playwright, baseURL }, testInfo) => {
  const [readyMs, ttftMs]: [number[], number[]] = [[], []];
  for (let visit = 0; visit < VISITS; visit++) {
    const directory = testInfo.outputPath(`visit-${String(visit)}`);
    const profile = new KeptProfile({ playwright, baseURL, directory });
    const chat = await profile.start();
    await chat.goto(EMBEDDED);
    await chat.send("Hello!");
    await expect.poll(async () => (await chat.measures("chat.ttft")).length, ANSWERED).toBe(1);
    // The page's clock begins with the navigation.
    const [ttft] = await chat.measures("chat.ttft");
    const [load] = await chat.measures("model.load");
    if (!ttft || !load) throw new Error("there was no answer");
    expect(load.detail.networkBytes).toBe(load.detail.weightBytes);
    readyMs.push(load.startTime + load.duration);
    ttftMs.push(ttft.startTime + ttft.duration);
    if (visit === VISITS - 1) {
      const row = { model: "pip-4.7m", readyMs: spreadOf(readyMs), ttftMs: spreadOf(ttftMs) };
      const body = JSON.stringify(perfReport({ firstVisits: [row] }, await browserOf(chat)));
      await testInfo.attach("perf-report", { body, contentType: "application/json" });
    }
    await profile.close();
    await rm(directory, { recursive: true, force: true });
  }
});
