import { isFile } from "./perf-models.ts";
import { grouped, SCHEMES, storedAs, type PerfReport, type PerfRow } from "./perf-rows.ts";

/**
 * The table in Markdown. It has what each way to come back takes, also as a share of the time that computing
 * everything again takes, for the longest conversation that was measured of each model under each throttle; of a model's
 * file, for every length.
 */
export function perfTable(report: PerfReport): string {
  const long = grouped(report.rows, placeOf).flatMap((rows) => {
    const most = Math.max(...rows.map(({ tokens }) => tokens));
    return rows.filter(({ tokens }) => tokens === most);
  });
  const columns = SCHEMES.filter((scheme) => long.some((row) => row.scheme === scheme));
  const lines = grouped(long, (row) => `${placeOf(row)}\n${storedAs(row)}`).map((rows) =>
    lineOf(rows, long, columns),
  );
  const head = ["conversation", "throttle", "start", "stored", ...columns];
  const table = [head, head.map(() => "---"), ...lines].map((cells) => `| ${cells.join(" | ")} |`);
  return [introduction(report, long), "", ...table, ...firstVisitLines(report)].join("\n");
}

function firstVisitLines({ firstVisits }: PerfReport): string[] {
  return firstVisits.flatMap(({ model, ttftMs, readyMs, date }) => {
    const { median, min, max, n } = ttftMs;
    const spread = `${seconds(min)} to ${seconds(max)} in ${String(n)} visits`;
    return [
      "",
      `First visit, with nothing in the browser's caches and a message that is sent at once: ${model} is ready ` +
        `after ${seconds(readyMs.median)}, and its first token comes after ${seconds(median)} (${spread}, ${date}).`,
    ];
  });
}

function introduction({ machine, adapter, browser }: PerfReport, rows: readonly Dated[]): string {
  const dates = [...new Set(rows.map(({ date }) => date))].toSorted();
  const when = dates.length > 1 ? `${dates[0] ?? ""} to ${dates.at(-1) ?? ""}` : (dates[0] ?? "");
  return (
    `\`npm run perf\`: first token of an answer that is asked for at once, medians, and in brackets over ` +
    `that of computing everything again. ${machine}, ${adapter}, ${browser}, ${when}.`
  );
}

type Dated = PerfReport["rows"][number];

function lineOf(
  rows: readonly [Dated, ...Dated[]],
  all: readonly Dated[],
  schemes: readonly string[],
): string[] {
  const [any] = rows;
  // Computing everything again takes the same time whatever is stored.
  const whole = all.find((row) => row.scheme === "recompute" && placeOf(row) === placeOf(any));
  const cells = schemes.map((scheme) => {
    const row = rows.find((one) => one.scheme === scheme);
    return row ? cell(row, whole) : "";
  });
  const length = `${any.tokens.toLocaleString("en-GB")} tokens`;
  return [`${any.model}, ${length}`, any.throttle, any.start, storedAs(any), ...cells];
}

const placeOf = ({ model, tokens, throttle, start }: PerfRow): string =>
  [model, isFile(model) ? tokens : "", throttle, start].join("\n");

function cell({ ttftMs }: PerfRow, whole: PerfRow | undefined): string {
  const text = seconds(ttftMs.median);
  if (!whole) return text;
  const ratio = ttftMs.median / whole.ttftMs.median;
  return `${text} (${ratio === 1 ? "1" : ratio.toFixed(2)})`;
}

const seconds = (ms: number): string =>
  ms < 995 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toPrecision(ms < 9950 ? 2 : 3)} s`;
