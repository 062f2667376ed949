import { parseArgs } from "node:util";

export const CALIBRATE_USAGE =
  "npm run calibrate [-- --model FILE.gguf --chats FILE.jsonl --out FILE.bin [--group LAYERS] [--components N] [--wide N]]";

/** What a basis of a model from a file is made of. */
export interface CalibrationArguments {
  model: string;
  chats: string;
  out: string;
  /** Layers of a group. */
  group: number;
  /** Components of each side, if not as many as there are channels. */
  components?: number;
  /** How many components of a side have a byte for each number; the others have half a byte. All, if absent. */
  wide?: number;
}

const GROUP = 5;

/** @returns undefined without arguments: then it is Pip's basis that is made. @throws with the usage for any others */
export function calibrationArguments(args: readonly string[]): CalibrationArguments | undefined {
  if (args.length === 0) return undefined;
  const { model, chats, out, ...counts } = parsed(args);
  if (!model || !chats || !out) throw new Error(CALIBRATE_USAGE);
  const components = count("components", counts.components);
  const wide = count("wide", counts.wide);
  return {
    model,
    chats,
    out,
    group: count("group", counts.group) ?? GROUP,
    ...(components !== undefined && { components }),
    ...(wide !== undefined && { wide }),
  };
}

function parsed(args: readonly string[]) {
  const text = { type: "string" } as const;
  const options = {
    model: text,
    chats: text,
    out: text,
    group: text,
    components: text,
    wide: text,
  };
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new Error(CALIBRATE_USAGE, { cause: error });
  }
}

function count(option: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1)
    throw new Error(`--${option} takes a whole number from 1 on, not "${value}".`);
  return number;
}
