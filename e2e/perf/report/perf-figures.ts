import { bubblePlot, bytesPlot, predictionPlot, ttftPlot, type DrawnPlot } from "./perf-plots.ts";
import { grouped, storedAs, type DatedRow } from "./perf-rows.ts";

interface Figure {
  title: string;
  explanation: string;
  /** Whether the plot needs a legend, because no axis says what its colours mean. */
  hasLegend: boolean;
  plots: (rows: readonly DatedRow[]) => DrawnPlot[];
}

const placeOf = ({ model, throttle, start }: DatedRow): string =>
  [model, throttle === "none" ? "no throttle" : throttle, start].join(", ");

export const FIGURES: readonly Figure[] = [
  {
    title: "Time to first token",
    hasLegend: true,
    explanation:
      "Of an answer that is asked for at once: median, and bars from the least to the most. Slow store: " +
      "0.5 MB/s with 5 ms of latency. Slow GPU: that store, and prompts take four times as long.",
    plots: (rows) =>
      grouped(rows, (row) => `${placeOf(row)}, ${storedAs(row)}`).map((group) =>
        ttftPlot(`${placeOf(group[0])}: ${storedAs(group[0])}`, group),
      ),
  },
  {
    title: "Predicted and real makespan",
    hasLegend: true,
    explanation:
      "Of the planner's plan, and of what came of it; each dot is a row of the table, and the band is 20 % " +
      "to either side.",
    plots: (rows) =>
      grouped(rows, ({ model, throttle }) => model + throttle).map((group) =>
        predictionPlot(`${group[0].model}, throttle: ${group[0].throttle}`, group),
      ),
  },
  {
    title: "Bytes read",
    hasLegend: false,
    explanation: "When all of a conversation is loaded, by what it is stored as.",
    plots: (rows) =>
      grouped(longest(rows.filter(({ scheme }) => scheme === "load")), ({ model }) => model).map(
        (group) => bytesPlot(`${group[0].model}, ${String(group[0].tokens)} tokens`, group),
      ),
  },
  {
    title: "Bubble ratio",
    hasLegend: false,
    explanation:
      "Idle time of store and GPU while the other still works, over the time both take. A symbol for " +
      "each length, by what is stored.",
    plots: (rows) => grouped(rows, placeOf).map((group) => bubblePlot(placeOf(group[0]), group)),
  },
];

/** The rows of each model's longest conversation, without a throttle and after a reload, once for each form. */
function longest(rows: readonly DatedRow[]): DatedRow[] {
  const plain = rows.filter(({ throttle, start }) => throttle === "none" && start === "cold");
  const most = (model: string) =>
    Math.max(...plain.filter((row) => row.model === model).map(({ tokens }) => tokens));
  return plain.filter((row) => row.tokens === most(row.model));
}
