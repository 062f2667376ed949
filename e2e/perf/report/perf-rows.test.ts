import { expect, test } from "vitest";
import { mergeReports, spreadOf } from "./perf-rows.ts";
import { firstVisit, perfReportOf, perfRow } from "./perf-testing.ts";

const before = perfReportOf(
  perfRow({ scheme: "load", date: "2026-11-01" }, 1),
  perfRow({ scheme: "cake", date: "2026-11-01" }, 2),
  perfRow({ codec: "balanced: f16 + int3", date: "2026-11-01" }, 3),
);

test("a spread has its numbers' median, least, most and count", () => {
  expect(spreadOf([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3, n: 3 });
});

test("rows of a run take the place of what was measured of the same thing; others keep their date", () => {
  const now = perfReportOf(perfRow({ scheme: "cake" }, 20), perfRow({ throttle: "slow GPU" }, 9));
  const { rows } = mergeReports(before, now);
  expect(
    rows.map(({ scheme, throttle, ttftMs, date }) => [scheme, throttle, ttftMs.median, date]),
  ).toEqual([
    ["load", "none", 1, "2026-11-01"],
    ["cake", "none", 20, "2026-11-26"],
    ["load", "none", 3, "2026-11-01"],
    ["load", "slow GPU", 9, "2026-11-26"],
  ]);
});

test("what was loaded does not make it another thing", () => {
  const { rows } = mergeReports(before, perfReportOf(perfRow({ codec: "balanced: f16" }, 30)));
  expect(rows.map(({ codec }) => codec)).toEqual(["exact: f16", "exact: f16", "balanced: f16"]);
});

test("rows of another adapter are no company", () => {
  const now = { ...perfReportOf(perfRow({}, 20)), adapter: "a GPU" };
  expect(mergeReports(before, now)).toEqual(now);
  expect(mergeReports(undefined, now)).toEqual(now);
});

test("a first visit takes the place of the one measured before, and stays where none was", () => {
  const [old, recent] = [firstVisit("2026-11-01", 4000), firstVisit("2026-11-26", 2000)];
  const visited = { ...before, firstVisits: [old] };
  expect(mergeReports(visited, perfReportOf()).firstVisits).toEqual([old]);
  const now = { ...perfReportOf(), firstVisits: [recent] };
  expect(mergeReports(visited, now).firstVisits).toEqual([recent]);
});
