import { invalid, JsonReader, type Bounds } from "../../shared/json-reader.ts";
import { BOUNDS } from "../sources/model-limits.ts";

/** A prompt, and what the reference computes for it. */
export interface GoldenPrompt {
  ids: Uint32Array<ArrayBuffer>;
  /** Logits of the last position, [activeVocab]. */
  logits: Float32Array;
  /** The likeliest token of each step of the continuation, which no end token stops. */
  greedy: readonly number[];
  /** For each of these steps, by how much the largest logit exceeds the second largest. */
  gaps: readonly number[];
}

/** The K or the V of one token in one layer. */
export interface GoldenRow {
  side: "k" | "v";
  /** Index of the prompt. */
  prompt: number;
  layer: number;
  position: number;
  /** [kvHeads, headDim]. K is after RoPE, whose pairs are d and d + headDim / 2. */
  values: Float32Array;
}

/** What another implementation computes with the weights of a model. */
export interface GoldenReference {
  activeVocab: number;
  prompts: readonly GoldenPrompt[];
  rows: readonly GoldenRow[];
}

const MAX_PROMPTS = 1024;
const MAX_STEPS = 4096;
const MAX_ROWS = 4096;

const upTo = (max: number): Bounds => ({ min: 0, max });
const TOKEN = upTo(BOUNDS.vocab.max - 1);
const POSITION = upTo(BOUNDS.contextTokens.max - 1);

/** A run of the numbers of `golden.f32`. */
type Slice = (offset: number, length: number) => Float32Array;

/**
 * Reads a `golden.json` and the numbers beside it.
 *
 * @param floats content of `golden.f32`: the logits of every prompt, [prompts, activeVocab], and then K and V rows
 * @param url where the JSON came from, for the error
 * @throws EngineError `model-invalid`
 */
export function parseGolden(json: unknown, floats: Float32Array, url: string): GoldenReference {
  const top = JsonReader.of(json, url);
  const activeVocab = top.integer("active_vocab_size", BOUNDS.vocab);
  const slice: Slice = (offset, length) => {
    const end = offset + length;
    if (end <= floats.length) return floats.subarray(offset, end);
    throw invalid(url, `${end} numbers are needed, and the file of numbers has ${floats.length}`);
  };
  const readers = top.objects("prompts", { most: MAX_PROMPTS });
  if (readers.length === 0) throw top.problem("prompts", "is an empty list");
  const prompts = readers.map((reader, i) => {
    const logits = slice(i * activeVocab, activeVocab);
    return { logits, ...parsePrompt(reader) };
  });
  const rows = top.has("kv") ? parseRows(top.object("kv"), prompts, slice) : [];
  return { activeVocab, prompts, rows };
}

function parsePrompt(reader: JsonReader): Omit<GoldenPrompt, "logits"> {
  const ids = reader.integers("ids", { bounds: TOKEN, most: BOUNDS.contextTokens.max });
  if (ids.length === 0) throw reader.problem("ids", "is an empty list");
  const steps = { most: MAX_STEPS, absent: [] };
  const greedy = reader.integers("greedy", { bounds: TOKEN, ...steps });
  const gaps = reader.list("gaps", steps).map((gap) => {
    if (typeof gap === "number" && gap >= 0) return gap;
    throw reader.problem("gaps", "is not a list of numbers that are 0 or more");
  });
  if (gaps.length !== greedy.length)
    throw reader.problem("gaps", `has ${gaps.length} entries for ${greedy.length} tokens`);
  return { ids: Uint32Array.from(ids), greedy, gaps };
}

function parseRows(
  kv: JsonReader,
  prompts: readonly Pick<GoldenPrompt, "ids">[],
  slice: Slice,
): GoldenRow[] {
  const prompt = kv.integer("prompt", upTo(prompts.length - 1));
  const layer = kv.integer("layer", upTo(BOUNDS.layers.max - 1));
  const shape = kv.integers("shape", { bounds: BOUNDS.hidden, most: 2 });
  const size = shape.reduce((product, length) => product * length, 1);
  const tokens = prompts[prompt]?.ids.length ?? 0;
  return kv.objects("rows", { most: MAX_ROWS }).map((row) => {
    const side = row.string("what");
    if (side !== "k" && side !== "v") throw row.problem("what", "is neither k nor v");
    const position = row.integer("position", POSITION);
    if (position >= tokens)
      throw row.problem("position", `of ${position} is past the prompt's ${tokens} tokens`);
    const values = slice(row.integer("offset"), size);
    return { side, prompt, layer, position, values };
  });
}
