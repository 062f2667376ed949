import { parseArgs } from "node:util";

export const EVALUATE_USAGE =
  "npm run evaluate -- --model FILE.gguf [--chats FILE.jsonl] [--only EXPRESSION] [--kinds EXPRESSION] [--texts N] [--device processor] [--document]";

/** Chats in the repository, for calibration where no others are given. */
const DEFAULT_CHATS = "src/engine/testing/fixtures/calibration.jsonl";

/** More texts than there are. */
export const ALL_TEXTS = 10_000;

export interface EvaluationArguments {
  model: string;
  /** A file of lines of JSON with chats, which bases are fitted to. */
  chats: string;
  only: string;
  kinds: string;
  texts: number;
  /** Whether the tables go into docs/measurements.md. */
  document: boolean;
}

/** @throws with a sentence or the usage if the arguments are none of these */
export function evaluationArguments(args: readonly string[]): EvaluationArguments {
  const { model, chats, only, kinds, texts, device, document = false } = parsed(args);
  if (model === undefined) throw new Error(EVALUATE_USAGE);
  if (device !== undefined && device !== "processor")
    throw new Error(`The evaluation runs on the processor only, not on "${device}".`);
  const count = texts === undefined ? ALL_TEXTS : Number(texts);
  if (!(count >= 1))
    throw new Error(`--texts takes a number of texts of each kind, not "${texts ?? ""}".`);
  return {
    model,
    chats: chats ?? DEFAULT_CHATS,
    only: expression("only", only),
    kinds: expression("kinds", kinds),
    texts: count,
    document,
  };
}

function parsed(args: readonly string[]) {
  const text = { type: "string" } as const;
  const options = {
    model: text,
    chats: text,
    only: text,
    kinds: text,
    texts: text,
    device: text,
    document: { type: "boolean" },
  } as const;
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new Error(EVALUATE_USAGE, { cause: error });
  }
}

function expression(option: string, source = ""): string {
  try {
    return new RegExp(source).source;
  } catch {
    throw new Error(`--${option} takes a regular expression, not "${source}".`);
  }
}
