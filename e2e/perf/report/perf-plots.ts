import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { SCHEMES, STORED, storedAs, type DatedRow } from "./perf-rows.ts";

/** The SVG of a plot, with text in the page's colour. */
export interface DrawnPlot {
  caption: string;
  svg: string;
}

const COLOURS = ["#7a7f87", "#c06a00", "#c9a100", "#c2479b", "#1f8a4c", "#2f7de1", "#e0413a"];

export const schemeColour = (scheme: string): string => COLOURS[SCHEMES.indexOf(scheme)] ?? "#888";

const { document } = parseHTML("<!doctype html><html><body></body></html>");

const COMMON = {
  document,
  color: { domain: SCHEMES, range: COLOURS },
  style: { background: "none", color: "inherit", fontFamily: "inherit", fontSize: "12px" },
} satisfies Plot.PlotOptions;

function draw(caption: string, options: Plot.PlotOptions): DrawnPlot {
  const svg = Plot.plot({ ...COMMON, ...options });
  return { caption, svg: svg.outerHTML };
}

const WIDTH = 380;
const SECONDS = 1000;

/** Says which scheme a mark belongs to. It is said twice because Plot warns otherwise where there are few marks. */
const STROKE = { stroke: "scheme", z: "scheme" } as const;
const FILL = { fill: "scheme", z: "scheme" } as const;

/** Time to the first token, by scheme and length. @param rows of one model, throttle, start and form */
export function ttftPlot(caption: string, rows: readonly DatedRow[]): DrawnPlot {
  const data = rows.map(({ scheme, tokens, ttftMs }) => ({
    scheme,
    tokens,
    median: ttftMs.median / SECONDS,
    min: ttftMs.min / SECONDS,
    max: ttftMs.max / SECONDS,
  }));
  const lengths = new Set(rows.map(({ tokens }) => tokens));
  return lengths.size > 1 ? ttftByTokens(caption, data) : ttftByScheme(caption, data);
}

interface TtftPoint {
  scheme: string;
  tokens: number;
  /** The median in seconds, the unit of the other fields too. */
  median: number;
  min: number;
  max: number;
}

/** Draws a line for each scheme. */
function ttftByTokens(caption: string, data: readonly TtftPoint[]): DrawnPlot {
  return draw(caption, {
    width: WIDTH,
    height: 260,
    marginBottom: 42,
    x: { label: "tokens →", domain: [0, 1.1 * maxOf(data, "tokens")], ticks: 5 },
    y: { label: "↑ first token, s", grid: true, domain: [0, maxOf(data, "max")] },
    marks: [
      Plot.ruleX(data, { x: "tokens", y1: "min", y2: "max", ...STROKE, strokeWidth: 1.5 }),
      Plot.line(data, { x: "tokens", y: "median", ...STROKE, sort: "tokens" }),
      Plot.dot(data, { x: "tokens", y: "median", ...FILL, r: 3 }),
      Plot.ruleY([0]),
    ],
  });
}

/** Draws the schemes side by side, where there is a single length. */
function ttftByScheme(caption: string, data: readonly TtftPoint[]): DrawnPlot {
  const [{ tokens } = { tokens: 0 }] = data;
  const schemes = SCHEMES.filter((scheme) => data.some((point) => point.scheme === scheme));
  return draw(caption, {
    width: WIDTH,
    height: 60 + 24 * schemes.length,
    marginLeft: 80,
    marginBottom: 42,
    x: {
      label: `first token, s, ${tokens.toLocaleString("en-GB")} tokens →`,
      grid: true,
      domain: [0, maxOf(data, "max")],
    },
    y: { label: null, domain: schemes },
    marks: [
      Plot.ruleY(data, { y: "scheme", x1: "min", x2: "max", ...STROKE, strokeWidth: 1.5 }),
      Plot.dot(data, { y: "scheme", x: "median", ...FILL, r: 4 }),
      Plot.ruleX([0]),
    ],
  });
}

const maxOf = <Name extends string>(data: readonly Record<Name, number>[], name: Name): number =>
  1.03 * Math.max(...data.map((one) => one[name])) || 1;

/** Draws a dot for each row, on logarithmic axes, with a band of ±20 % around the diagonal. */
export function predictionPlot(caption: string, rows: readonly DatedRow[]): DrawnPlot {
  const data = rows
    .map(({ scheme, predictedMs, makespanMs }) => ({ scheme, predictedMs, makespanMs }))
    .filter((one) => one.predictedMs > 0 && one.makespanMs > 0);
  const all = data.flatMap((one) => [one.predictedMs, one.makespanMs]);
  const domain = [Math.min(100, ...all) / 1.3, Math.max(1000, ...all) * 1.3];
  const band = domain.map((ms) => ({ ms, low: ms * 0.8, high: ms * 1.2 }));
  const ticks = [1, 10, 100, 1000, 10_000, 100_000].filter(
    (ms) => ms >= (domain[0] ?? 0) && ms <= (domain[1] ?? 0),
  );
  const axis = { type: "log", domain, grid: true, ticks, tickFormat: ",d" } as const;
  return draw(caption, {
    width: WIDTH,
    height: 360,
    marginLeft: 60,
    marginBottom: 42,
    x: { ...axis, label: "predicted, ms →" },
    y: { ...axis, label: "↑ makespan, ms" },
    marks: [
      Plot.areaY(band, {
        x: "ms",
        y1: "low",
        y2: "high",
        fill: "currentColor",
        fillOpacity: 0.12,
        clip: true,
      }),
      Plot.line(band, { x: "ms", y: "ms", stroke: "currentColor", strokeOpacity: 0.5 }),
      Plot.dot(data, { x: "predictedMs", y: "makespanMs", ...FILL, r: 3.5 }),
    ],
  });
}

/** How many bytes are read when everything is loaded, by stored form. @param rows of one model and length */
export function bytesPlot(caption: string, rows: readonly DatedRow[]): DrawnPlot {
  const data = rows.map((row) => ({ stored: row.codec, mb: row.bytesRead / 1e6 }));
  return draw(caption, {
    width: 520,
    height: 60 + 34 * data.length,
    marginLeft: 190,
    marginRight: 50,
    marginBottom: 42,
    x: { label: "MB read →", grid: true, zero: true },
    y: { label: null, domain: data.map(({ stored }) => stored) },
    marks: [
      Plot.barX(data, {
        x: "mb",
        y: "stored",
        fill: schemeColour("load"),
        insetTop: 4,
        insetBottom: 4,
      }),
      Plot.text(data, {
        x: "mb",
        y: "stored",
        text: ({ mb }: { mb: number }) => mb.toPrecision(3),
        textAnchor: "start",
        dx: 5,
      }),
      Plot.ruleX([0]),
    ],
  });
}

/** Draws a dot for each length, by scheme. @param rows of one model, throttle and start */
export function bubblePlot(caption: string, rows: readonly DatedRow[]): DrawnPlot {
  const data = rows.map((row) => ({ ...row, stored: storedAs(row) }));
  const schemes = SCHEMES.filter((scheme) => data.some((row) => row.scheme === scheme));
  return draw(caption, {
    width: WIDTH,
    height: 60 + 26 * schemes.length,
    marginLeft: 80,
    marginBottom: 42,
    x: { label: "bubble ratio →", grid: true, domain: [0, maxOf(data, "bubbleRatio")] },
    y: { label: null, domain: schemes },
    symbol: { domain: STORED, range: ["circle", "times", "triangle"] },
    marks: [
      Plot.dot(data, {
        x: "bubbleRatio",
        y: "scheme",
        ...STROKE,
        symbol: "stored",
        r: 4,
      }),
      Plot.ruleX([0]),
    ],
  });
}
