import { readFile } from "node:fs/promises";
import { format } from "prettier";
import { baseModelOf, type BaseModel } from "../src/catalogue/base-model.ts";
import { whyNotOwn, type NotOwn } from "../src/catalogue/engine-of-model.ts";
import { kvBytesPerToken, weightBytes } from "../src/catalogue/model-memory.ts";
import { namesIn, type WebLlmModel } from "../src/catalogue/webllm-model.ts";
import { weightFormat } from "../src/catalogue/weight-formats.ts";

export const DOCUMENT = new URL("../docs/models.md", import.meta.url);

/** Where the table begins. It goes on to the end of the document. */
const MARK = "<!-- models -->";

/** Differences up to this part of what is computed are not explained: norms, biases and small buffers. */
const EXPLAINED = 0.15;

const MIB = 2 ** 20;

/** Tokens of a text that is made a vector of. */
const EMBEDDED_TOKENS = 512;

export interface TableRow {
  id: string;
  engine: "ours" | "WebLLM";
  whyNotOwn: string;
  /** MiB of weights and of K and V in WebLLM's formats; undefined where the shape is not known. */
  computedMiB: number | undefined;
  vramMiB: number;
  /** What WebLLM counts more, as a part of what is computed. */
  difference: number | undefined;
  /** Why the difference is as large as it is; empty where it is small. */
  explanation: string;
}

/** One row for each model of WebLLM's list, in its order. */
export const tableRows = (models: readonly WebLlmModel[]): TableRow[] =>
  models.map((webLlm) => {
    const { base, format: formatName } = namesIn(webLlm.repository);
    const model = baseModelOf(base);
    if (!model) throw new Error(`base-models.json has no ${base}`);
    const reason = whyNotOwn(model, formatName);
    const computedMiB = computed(model, webLlm);
    const difference =
      computedMiB === undefined ? undefined : (webLlm.vramMiB - computedMiB) / computedMiB;
    return {
      id: webLlm.id,
      engine: reason ? "WebLLM" : "ours",
      whyNotOwn: reason ? reasonWords(reason) : "",
      computedMiB,
      vramMiB: webLlm.vramMiB,
      difference,
      explanation:
        computedMiB !== undefined && Math.abs(difference ?? 0) > EXPLAINED
          ? explain({ model, webLlm, computedMiB, models })
          : "",
    };
  });

function computed({ shape }: BaseModel, webLlm: WebLlmModel): number | undefined {
  const known = weightFormat(namesIn(webLlm.repository).format);
  if (known?.webLlmBits === undefined) return undefined;
  const weights = weightBytes(shape, known.webLlmBits);
  const perToken = kvBytesPerToken(shape, known.webLlmKvBytes);
  // What makes vectors keeps no K and V.
  const tokens = webLlm.contextTokens ?? 0;
  if (weights === undefined || perToken === undefined) return undefined;
  return (weights + perToken * tokens) / MIB;
}

function reasonWords(reason: NotOwn): string {
  switch (reason.is) {
    case "architecture":
      return `architecture ${reason.found}`;
    case "format":
      return `format ${reason.found}`;
    case "head-size":
      return `heads of ${reason.found} channels`;
    case "vocabulary":
      return `vocabulary of ${reason.found}, no multiple of 4`;
    case "embedding":
      return "makes vectors, does not chat";
  }
}

interface Difference {
  model: BaseModel;
  webLlm: WebLlmModel;
  computedMiB: number;
  models: readonly WebLlmModel[];
}

/** Why WebLLM counts so much more; empty if none of the known reasons is one. */
function explain({ model, webLlm, computedMiB, models }: Difference): string {
  const { shape, readsImages, goodFor } = model;
  const batch = /_batch(\d+)/.exec(webLlm.library)?.[1];
  if (goodFor.includes("embedding") && batch !== undefined)
    return `buffers for ${batch} texts of ${EMBEDDED_TOKENS} tokens at a time`;
  if (readsImages) return "its part that reads images";
  if (hasNumberOfLonger(webLlm, models)) return "the number is that of its longer context";
  const chunk = chunkTokens(webLlm.library);
  const logitsMiB = ((shape.vocab ?? 0) * chunk * 4) / MIB;
  const explained = computedMiB + logitsMiB;
  const rest = (webLlm.vramMiB - explained) / explained;
  const logits = `logits of ${chunk.toLocaleString("en")} tokens (${logitsMiB.toFixed(0)} MiB)`;
  if (shape.kvLayers !== undefined) return `${logits}; states of its linear layers`;
  if (rest >= -0.05 && rest <= EXPLAINED) return logits;
  return growsWithContext(webLlm, models) ? "buffers that grow with the context" : "";
}

/** Tokens of a prompt that a library takes at a time, as its name says: `…_cs1k-webgpu.wasm`. */
function chunkTokens(library: string): number {
  const [, number, thousands] = /_cs(\d+)(k?)/.exec(library) ?? [];
  return Number(number ?? 0) * (thousands === "k" ? 1024 : 1);
}

const othersOf = (webLlm: WebLlmModel, models: readonly WebLlmModel[]) =>
  models.filter(({ repository, id }) => repository === webLlm.repository && id !== webLlm.id);

/** Whether the same model has the same number with a longer context. */
const hasNumberOfLonger = (webLlm: WebLlmModel, models: readonly WebLlmModel[]): boolean =>
  othersOf(webLlm, models).some(
    ({ vramMiB, contextTokens = 0 }) =>
      vramMiB === webLlm.vramMiB && contextTokens > (webLlm.contextTokens ?? 0),
  );

/** Whether models of the same shape, with a shorter context, have a smaller difference: those of Llama 2, RedPajama, Phi. */
function growsWithContext(webLlm: WebLlmModel, models: readonly WebLlmModel[]): boolean {
  const architectureOf = ({ repository }: WebLlmModel) =>
    baseModelOf(namesIn(repository).base)?.id.replace(/-\d+b-/, "-");
  return models.some(
    (other) =>
      architectureOf(other) === architectureOf(webLlm) &&
      (other.contextTokens ?? 0) < (webLlm.contextTokens ?? 0),
  );
}

const mebibytes = (amount: number | undefined): string =>
  amount === undefined ? "unknown" : amount.toFixed(0);

function percent(part: number | undefined): string {
  if (part === undefined) return "";
  const rounded = Math.round(part * 100);
  return rounded === 0 ? "0 %" : `${rounded > 0 ? "+" : "−"}${Math.abs(rounded)} %`;
}

function tableOf(models: readonly WebLlmModel[]): string {
  const head = [
    "| model | engine | why not ours | weights, K and V (MiB) | WebLLM (MiB) | difference | because of |",
    "| --- | --- | --- | ---: | ---: | ---: | --- |",
  ];
  const rows = tableRows(models).map((row) => {
    const numbers = [mebibytes(row.computedMiB), mebibytes(row.vramMiB), percent(row.difference)];
    return `| ${[row.id, row.engine, row.whyNotOwn, ...numbers, row.explanation].join(" | ")} |`;
  });
  return [...head, ...rows].join("\n");
}

/** The document as it should be: what stands in it before the table, and the table. */
export async function upToDate(models: readonly WebLlmModel[]): Promise<string> {
  const [before = ""] = (await readFile(DOCUMENT, "utf8")).split(MARK);
  const text = `${before}${MARK}\n\n${tableOf(models)}\n`;
  return format(text, { parser: "markdown", printWidth: 100 });
}
