import { MAX_CONTEXT_TOKENS } from "../protocol/runnable-models.ts";
import { BASE_MODELS, type BaseModel } from "./base-model.ts";
import { whyNotOwn, type ModelEngine } from "./engine-of-model.ts";
import { GGUF_MODELS } from "./gguf-models.ts";
import { kvBytesPerToken, largestBufferBytes, weightBytes } from "./model-memory.ts";
import { namesIn, type WebLlmModel } from "./webllm-model.ts";
import { weightFormat, type WeightFormat } from "./weight-formats.ts";

/** One repository or file with a model's weights. */
export interface Variant {
  /** As in `ModelReference`. */
  url: string;
  /** `q4f16_1` or `Q4_K_M`. */
  format: string;
  engine: ModelEngine;
  /** Bytes of the download, by what is known before its index is read; undefined where that is not enough. */
  downloadBytes: number | undefined;
  /** WebLLM's record of the model, for the longest context that it has one for. Absent for GGUF. */
  webLlm?: WebLlmModel;
}

/** A model of the catalogue, with all formats that it can be had in. The first is the one that is offered. */
export interface CatalogueEntry {
  model: BaseModel;
  variants: readonly [Variant, ...Variant[]];
}

const HUB = "https://huggingface.co/";
const MIB = 2 ** 20;

/** The address of a repository's files, as `ModelReference` and WebLLM have it. */
const repositoryUrl = (repository: string): string => `${HUB}${repository}/resolve/main/`;

/** All models that chat, in the order of base-models.json. Those that nothing can be had of are left out. */
export function catalogueOf(webLlmModels: readonly WebLlmModel[]): CatalogueEntry[] {
  return BASE_MODELS.filter(({ goodFor }) => !goodFor.includes("embedding")).flatMap((model) => {
    const [first, ...others] = variantsOf(model, webLlmModels).toSorted(byPreference);
    return first ? [{ model, variants: [first, ...others] as const }] : [];
  });
}

function variantsOf(model: BaseModel, webLlmModels: readonly WebLlmModel[]): Variant[] {
  const own = webLlmModels.filter(({ repository }) => namesIn(repository).base === model.id);
  const longest = own.filter(
    (one) =>
      !own.some(
        (other) =>
          other.repository === one.repository &&
          (other.contextTokens ?? 0) > (one.contextTokens ?? 0),
      ),
  );
  return [
    ...longest.map((webLlm) => mlcVariant(model, webLlm)),
    ...GGUF_MODELS.filter(({ base }) => base === model.id).map(
      ({ repository, file, format, fileBytes }): Variant => ({
        url: `${HUB}${repository}/resolve/main/${file}`,
        format,
        engine: "rekindle",
        downloadBytes: fileBytes,
      }),
    ),
  ];
}

function mlcVariant(model: BaseModel, webLlm: WebLlmModel): Variant {
  const { format } = namesIn(webLlm.repository);
  const known = weightFormat(format);
  return {
    url: repositoryUrl(webLlm.repository),
    format,
    engine: whyNotOwn(model, format) ? "webllm" : "rekindle",
    downloadBytes: known && weightBytes(model.shape, known.fileBits),
    webLlm,
  };
}

/** From the format that is offered to the one that few want: 4 bits before 16, and f16 before f32. */
const FORMAT_ORDER = ["q4f16_1", "q4f32_1", "q3f16_1", "Q4_K_M", "Q4_1", "Q8_0", "q0f16", "q0f32"];

const byPreference = (one: Variant, other: Variant): number =>
  FORMAT_ORDER.indexOf(one.format) - FORMAT_ORDER.indexOf(other.format);

/** Tokens that a model has room for at most, whichever engine runs it. */
export const longestContext = ({ contextTokens }: BaseModel): number =>
  Math.min(contextTokens ?? MAX_CONTEXT_TOKENS, MAX_CONTEXT_TOKENS);

/**
 * Bytes that a model takes on a device: its weights, the K and V of a context and, in WebLLM, what that needs besides.
 * Undefined where too little is known.
 */
export function memoryBytes(
  model: BaseModel,
  variant: Variant,
  contextTokens: number,
): number | undefined {
  const known = weightFormat(variant.format);
  if (!known) return undefined;
  return variant.engine === "rekindle"
    ? ownBytes(model, variant, { known, contextTokens })
    : webLlmBytes(model, variant, { known, contextTokens });
}

interface InContext {
  known: WeightFormat;
  contextTokens: number;
}

/** The engine of this project has K and V in f16, and weights as its format has them. */
function ownBytes(
  { shape }: BaseModel,
  { downloadBytes }: Variant,
  { known, contextTokens }: InContext,
): number | undefined {
  const perToken = kvBytesPerToken(shape, 2);
  if (downloadBytes === undefined || known.ownBits === undefined || perToken === undefined)
    return undefined;
  return (downloadBytes * known.ownBits) / known.fileBits + perToken * contextTokens;
}

/** WebLLM's count, less the K and V of the tokens that are fewer than those it counts. */
function webLlmBytes(
  { shape }: BaseModel,
  { webLlm }: Variant,
  { known, contextTokens }: InContext,
): number | undefined {
  if (!webLlm) return undefined;
  const fewer = (webLlm.contextTokens ?? contextTokens) - contextTokens;
  return webLlm.vramMiB * MIB - (kvBytesPerToken(shape, known.webLlmKvBytes) ?? 0) * fewer;
}

/** Bytes of the largest buffer that the device has to allow; undefined where too little is known. */
export function bufferBytes(
  { shape }: BaseModel,
  { engine, format, webLlm }: Variant,
  contextTokens: number,
): number | undefined {
  const known = weightFormat(format);
  const bits = engine === "rekindle" ? known?.ownBits : known?.webLlmBits;
  const computed = bits === undefined ? undefined : largestBufferBytes(shape, bits, contextTokens);
  return engine === "webllm" ? (webLlm?.bufferBytes ?? computed) : computed;
}

/** Features that the device must have. The engine of this project needs none. */
export function neededFeatures({ engine, format, webLlm }: Variant): readonly string[] {
  if (engine === "rekindle") return [];
  // WebLLM's list leaves this out for many models whose libraries compute in f16.
  return [...new Set([...(webLlm?.features ?? []), ...(/f16/.test(format) ? ["shader-f16"] : [])])];
}
