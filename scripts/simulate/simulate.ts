/**
 * @file `npm run simulate`: what each way of restoring would take on kinds of devices that are not at hand.
 *
 * Predicts with `src/restore`, for every model, length, codec and kind of device, after a warm and a cold start,
 * and writes the predictions into `reports/simulation.json`. The longest conversation of each model is printed as a
 * table. The report says of every number whether it was measured or assumed. It shows where schemes differ; it is
 * no measurement of a device.
 */

import { mkdir, writeFile } from "node:fs/promises";
import { today } from "../bench/report.ts";
import { CODECS, DEVICES, DISKS } from "./devices.ts";
import { MODELS } from "./models.ts";
import { NAMES, savedOf, simulateOne, type Row } from "./simulate-one.ts";

const LENGTHS = [1024, 2048, 4096, 8192, 16_384, 32_768];

function* simulateAll(): Generator<Row> {
  for (const start of ["warm", "cold"] as const)
    for (const device of DEVICES)
      for (const disk of DISKS)
        for (const of of MODELS)
          for (const tokens of LENGTHS.filter((length) => length <= of.contextTokens))
            for (const codec of CODECS) {
              const saved = savedOf(of, tokens, codec, start === "cold");
              const place = { device: device.name, disk: disk.name, model: of.name };
              const what = { tokens, codec: codec.name, start };
              yield { ...place, ...what, ...simulateOne(device, disk, of, saved) };
            }
}

const HEADINGS = ["device", "disk", "model", "tokens", "codec", ...NAMES].concat([
  "MB read",
  "recomputed",
  "bubble",
  "/ recompute",
  "/ load",
  "/ others",
]);

const seconds = (ms: number): string => (ms / 1000).toPrecision(3);

const cellsOf = (row: Row): string[] => [
  row.device,
  row.disk,
  row.model,
  String(row.tokens),
  row.codec,
  ...NAMES.map((name) => seconds(row.makespanMs[name])),
  (row.readBytes / 1e6).toFixed(1),
  `${(row.recomputedShare * 100).toFixed(0)} %`,
  row.bubbleRatio.toFixed(2),
  ...[row.overRecompute, row.overLoad, row.overOthers].map((times) => times.toPrecision(3)),
];

/**
 * Prints the seconds that each scheme takes, then what `auto` reads and recomputes, and how many times as long the
 * others take.
 */
function print(title: string, rows: readonly Row[]): void {
  const lines = [HEADINGS, ...rows.map(cellsOf)];
  const widths = HEADINGS.map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)));
  const texts = lines.map((line) =>
    line.map((cell, i) => cell.padStart(widths[i] ?? 0)).join("  "),
  );
  console.log(`\n${title}\n\n${texts.join("\n")}`);
}

const rows = [...simulateAll()];
const longest = new Map(rows.map(({ model: of, tokens }) => [of, tokens]));
const shown = rows.filter(
  ({ model: of, tokens }) => tokens === Math.min(8192, longest.get(of) ?? 0),
);
const fields = "makespans in seconds; then auto's, and how many times as long others take";
for (const start of ["warm", "cold"] as const)
  print(
    `${start} resume, 8,192 tokens (Pip 2,048): ${fields}`,
    shown.filter((row) => row.start === start),
  );
const sources = {
  devices: Object.fromEntries(DEVICES.map(({ name, source }) => [name, source])),
  disks: Object.fromEntries(DISKS.map(({ name, source }) => [name, source])),
  codecs: Object.fromEntries(CODECS.map(({ name, source }) => [name, source])),
  models: "shapes of the models' configurations; operations counted from them",
};
await mkdir("reports", { recursive: true });
await writeFile(
  "reports/simulation.json",
  `${JSON.stringify({ date: today(), sources, devices: DEVICES, disks: DISKS, rows }, null, 1)}\n`,
);
console.log(`\n${rows.length} rows in reports/simulation.json, with where each number comes from`);
