import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { architectureOf, ARCHITECTURES } from "../src/model/architectures/architectures.ts";
import { QUANTIZATIONS } from "../src/protocol/runnable-models.ts";
import { LLAMA3_SCALING, type ModelSpec } from "../src/model/generate/generate-config.ts";
import { generateModel } from "../src/model/generate/generate-model.ts";

const USAGE = `Write an MLC model directory with random weights, for tests and measurements.

  npx tsx scripts/make-model.ts --out DIR
    [--architecture ${ARCHITECTURES.map(({ name }) => name).join("|")}] [--quantization ${QUANTIZATIONS.join("|")}]
    [--layers N] [--hidden N] [--ffn N] [--heads N] [--kv-heads N] [--head-dim N] [--vocab N]
    [--context N] [--prefill-chunk N] [--untied] [--rope-theta N] [--rope-scaling llama3]
    [--seed N] [--shard-mib X]`;

const text = { type: "string" } as const;
const flag = { type: "boolean" } as const;

const NUMBERS = {
  layers: "layers",
  hidden: "hidden",
  ffn: "ffn",
  heads: "heads",
  "kv-heads": "kvHeads",
  "head-dim": "headDim",
  vocab: "vocab",
  context: "contextTokens",
  "prefill-chunk": "prefillChunkTokens",
  "rope-theta": "ropeTheta",
  seed: "seed",
} as const satisfies Record<string, keyof ModelSpec>;

const MIB = 2 ** 20;

function wholeNumber(name: string, value: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 0)
    throw new Error(`--${name} ${value} is not a whole number`);
  return number;
}

function readArguments(): { out: string; spec: Partial<ModelSpec> } {
  const { values } = parseArgs({
    options: {
      help: flag,
      out: text,
      architecture: text,
      quantization: text,
      "rope-scaling": text,
      "shard-mib": text,
      untied: flag,
      ...Object.fromEntries(Object.keys(NUMBERS).map((name) => [name, text])),
    },
  });
  if (values.help === true) {
    console.log(USAGE);
    process.exit(0);
  }
  const given = new Map(
    Object.entries(values).filter(
      (entry): entry is [string, string] => typeof entry[1] === "string",
    ),
  );
  const out = given.get("out");
  if (out === undefined) throw new Error(USAGE);
  return { out, spec: readSpec(given, values.untied === true) };
}

function readSpec(given: Map<string, string>, untied: boolean): Partial<ModelSpec> {
  const spec: Partial<ModelSpec> = { tiedEmbeddings: !untied };
  for (const [name, field] of Object.entries(NUMBERS)) {
    const value = given.get(name);
    if (value !== undefined) spec[field] = wholeNumber(name, value);
  }
  const quantization = given.get("quantization") ?? "q4f16_1";
  const known = QUANTIZATIONS.find((name) => name === quantization);
  if (known === undefined) throw new Error(`unknown quantization ${quantization}\n\n${USAGE}`);
  const { name: architecture } = architectureOf(given.get("architecture") ?? "llama");
  const scaling = given.get("rope-scaling");
  if (scaling !== undefined && scaling !== "llama3")
    throw new Error(`unknown RoPE scaling ${scaling}\n\n${USAGE}`);
  return {
    ...spec,
    architecture,
    quantization: known,
    ropeScaling: scaling === undefined ? null : LLAMA3_SCALING,
    // The number may be a fraction, so that a small model has several shards.
    shardBytes: Number(given.get("shard-mib") ?? "32") * MIB,
  };
}

const { out, spec } = readArguments();
const { files } = await generateModel(spec);
await mkdir(out, { recursive: true });
for (const [name, bytes] of files) await writeFile(join(out, name), bytes);
const total = [...files.values()].reduce((sum, bytes) => sum + bytes.length, 0);
console.log(`${out}: ${files.size} files, ${(total / MIB).toFixed(1)} MiB`);
