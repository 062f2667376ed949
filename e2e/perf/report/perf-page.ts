import { FIGURES } from "./perf-figures.ts";
import { schemeColour } from "./perf-plots.ts";
import { SCHEMES, type DatedFirstVisit, type DatedRow, type PerfReport } from "./perf-rows.ts";

/** The report as one page that needs no network and no scripts. */
export function perfPage(report: PerfReport): string {
  const { machine, adapter, browser, rows, firstVisits } = report;
  const sections = FIGURES.map(
    ({ title, explanation, hasLegend, plots }) => `
    <section>
      <h2>${text(title)}</h2>
      <p>${text(explanation)}</p>
      ${hasLegend ? legend(rows) : ""}
      <div class="plots">${plots(rows).map(figure).join("\n")}</div>
    </section>`,
  );
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width" />
    <meta name="color-scheme" content="light dark" />
    <title>Rekindle: resuming conversations</title>
    <style>${STYLE}</style>
  </head>
  <body>
    <h1>Resuming conversations</h1>
    <p>${text(`Measured by npm run perf on ${machine}; ${adapter}; ${browser}; latest ${report.date}.`)}</p>
    ${modelList(report)}
    ${sections.join("\n")}
    <section>
      <h2>First visits</h2>
      <p>Nothing is in the browser's caches, and a message is sent at once. Times in ms, from the navigation.</p>
      ${table(FIRST_VISIT_COLUMNS, firstVisits)}
    </section>
    <section>
      <h2>All rows</h2>
      <p>Times in ms; time to first token as median, least, most and number of samples.</p>
      ${table(COLUMNS, rows)}
    </section>
  </body>
</html>
`;
}

const figure = ({ caption, svg }: { caption: string; svg: string }): string =>
  `<figure><figcaption>${text(caption)}</figcaption>${svg}</figure>`;

function modelList({ models }: PerfReport): string {
  const items = Object.entries(models).map(([name, { kvBytesPerToken, mflopPerToken }]) => {
    const ratio = (kvBytesPerToken / mflopPerToken).toFixed(0);
    const bytes = kvBytesPerToken.toLocaleString("en-GB");
    const cost = `${bytes} bytes of K and V and ${mflopPerToken.toFixed(1)} MFLOP a token`;
    return `<li>${text(`${name}: ${cost}, ${ratio} bytes per MFLOP (Qwen3-0.6B: 130)`)}</li>`;
  });
  return `<ul>${items.join("")}</ul>`;
}

function legend(rows: readonly DatedRow[]): string {
  const items = SCHEMES.filter((scheme) => rows.some((row) => row.scheme === scheme)).map(
    (scheme) => `<li><span style="background:${schemeColour(scheme)}"></span>${text(scheme)}</li>`,
  );
  return `<ul class="legend">${items.join("")}</ul>`;
}

interface Column<Row> {
  name: string;
  of: (row: Row) => string;
  isText?: boolean;
}

const number = (value: number): string =>
  Number.isFinite(value) ? value.toLocaleString("en-GB", { maximumFractionDigits: 0 }) : "–";

const FIRST_VISIT_COLUMNS: readonly Column<DatedFirstVisit>[] = [
  { name: "model", of: ({ model }) => model, isText: true },
  { name: "first token", of: ({ ttftMs }) => number(ttftMs.median) },
  { name: "least", of: ({ ttftMs }) => number(ttftMs.min) },
  { name: "most", of: ({ ttftMs }) => number(ttftMs.max) },
  { name: "n", of: ({ ttftMs }) => number(ttftMs.n) },
  { name: "ready", of: ({ readyMs }) => number(readyMs.median) },
  { name: "date", of: ({ date }) => date, isText: true },
];

const COLUMNS: readonly Column<DatedRow>[] = [
  { name: "model", of: ({ model }) => model, isText: true },
  { name: "throttle", of: ({ throttle }) => throttle, isText: true },
  { name: "start", of: ({ start }) => start, isText: true },
  { name: "stored: loaded", of: ({ codec }) => codec, isText: true },
  { name: "scheme", of: ({ scheme }) => scheme, isText: true },
  { name: "tokens", of: ({ tokens }) => number(tokens) },
  { name: "first token", of: ({ ttftMs }) => number(ttftMs.median) },
  { name: "least", of: ({ ttftMs }) => number(ttftMs.min) },
  { name: "most", of: ({ ttftMs }) => number(ttftMs.max) },
  { name: "n", of: ({ ttftMs }) => number(ttftMs.n) },
  { name: "ready", of: ({ readyMs }) => number(readyMs) },
  { name: "bytes read", of: ({ bytesRead }) => number(bytesRead) },
  { name: "recomputed", of: ({ tokensRecomputed }) => number(tokensRecomputed) },
  { name: "bubble ratio", of: ({ bubbleRatio }) => bubbleRatio.toFixed(2) },
  { name: "predicted", of: ({ predictedMs }) => number(predictedMs) },
  { name: "makespan", of: ({ makespanMs }) => number(makespanMs) },
  { name: "date", of: ({ date }) => date, isText: true },
];

function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const classOf = ({ isText = false }: Column<Row>) => (isText ? "" : ' class="number"');
  const head = columns.map(
    (column) => `<th scope="col"${classOf(column)}>${text(column.name)}</th>`,
  );
  const body = rows.map((row) => {
    const cells = columns.map((column) => `<td${classOf(column)}>${text(column.of(row))}</td>`);
    return `<tr>${cells.join("")}</tr>`;
  });
  return `<div class="wide"><table><thead><tr>${head.join("")}</tr></thead><tbody>${body.join("\n")}</tbody></table></div>`;
}

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

const text = (plain: string): string => plain.replace(/[&<>]/g, (sign) => ESCAPES[sign] ?? sign);

const STYLE = `
  :root { color-scheme: light dark; --ground: #fff; --ink: #1c1c1e; --faint: #8886; }
  @media (prefers-color-scheme: dark) { :root { --ground: #17181a; --ink: #e6e6e8; } }
  body { margin: 2rem auto; max-width: 80rem; padding: 0 1rem; background: var(--ground); color: var(--ink);
    font: 15px/1.5 system-ui, sans-serif; }
  h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin: 2.5rem 0 0; }
  .plots { display: flex; flex-wrap: wrap; gap: 1rem 1.5rem; }
  figure { margin: 0; max-width: 100%; } figcaption { max-width: 380px; font-size: 0.85rem; font-weight: 600; }
  svg { max-width: 100%; height: auto; background: none; --plot-background: var(--ground); }
  .legend { display: flex; flex-wrap: wrap; gap: 0.2rem 1rem; list-style: none; padding: 0; font-size: 0.85rem; }
  .legend span { display: inline-block; width: 0.8em; height: 0.8em; border-radius: 50%; margin-right: 0.4em; }
  .wide { overflow-x: auto; }
  table { border-collapse: collapse; font-size: 0.8rem; white-space: nowrap; }
  th, td { text-align: left; padding: 0.2rem 0.6rem; border-bottom: 1px solid var(--faint); }
  th.number, .number { text-align: right; font-variant-numeric: tabular-nums; }
`;
