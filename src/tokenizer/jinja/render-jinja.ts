import { Environment, Interpreter, parse, tokenize } from "@huggingface/jinja";
import { strftime } from "./strftime.ts";
import type { JinjaInput, JinjaOutput } from "./template-renderer.ts";

/**
 * Most letters of a program. Published ones have up to 20,000, with all that they say of tools.
 */
export const MAX_JINJA_LENGTH = 2 ** 17;

/** Most letters of what a program writes. A prompt has some thousand besides its messages, which are not in it. */
const MAX_TEXT_LENGTH = 2 ** 20;

/** Most numbers that `range` gives. Templates count messages with it. */
const MAX_RANGE = 2 ** 16;

/**
 * Runs a program in Jinja.
 *
 * The interpreter is bounded in nothing but the length of its text and of ranges: it may loop for ever, so that it has
 * to run where it can be ended. A program reaches its variables only. What it calls are the functions here and methods
 * of the interpreter's own values, never objects of JavaScript.
 */
export function renderJinja(input: JinjaInput): JinjaOutput {
  if (input.jinja.length > MAX_JINJA_LENGTH) return { fault: "too-long" };
  try {
    const { value } = new Interpreter(environment(input)).run(programOf(input.jinja));
    if (typeof value !== "string") return { fault: "fails" };
    return value.length > MAX_TEXT_LENGTH ? { fault: "too-long" } : { text: value };
  } catch {
    // The program's own errors, those of the interpreter, and a stack or a string beyond what JavaScript has.
    return { fault: "fails" };
  }
}

/** The last program that was parsed: a model has one. */
let parsed: { jinja: string; program: ReturnType<typeof parse> } | undefined;

function programOf(jinja: string): ReturnType<typeof parse> {
  if (parsed?.jinja !== jinja) {
    const tokens = tokenize(jinja, { lstrip_blocks: true, trim_blocks: true });
    parsed = { jinja, program: parse(tokens) };
  }
  return parsed.program;
}

/** The variables that Hugging Face's libraries give to a template, for a conversation without tools. */
function environment({ messages, bosToken, eosToken, nowMs }: JinjaInput): Environment {
  const now = new Date(nowMs);
  const variables = {
    ...{ true: true, false: false, none: null, True: true, False: false, None: null },
    messages,
    bos_token: bosToken,
    eos_token: eosToken,
    add_generation_prompt: true,
    date_string: strftime(now, "%d %b %Y"),
    strftime_now: (format: unknown) => strftime(now, String(format)),
    range,
    raise_exception: (message: unknown) => {
      throw new Error(String(message));
    },
  };
  const all = new Environment();
  for (const [name, value] of Object.entries(variables)) all.set(name, value);
  return all;
}

/** Python's `range`. */
function range(first: unknown, second: unknown, third: unknown = 1): number[] {
  const [start, stop] = typeof second === "number" ? [first, second] : [0, first];
  if (![start, stop, third].every(Number.isSafeInteger) || third === 0)
    throw new Error("range() takes integers, and a step that is not zero");
  const step = Number(third);
  const length = Math.max(0, Math.ceil((Number(stop) - Number(start)) / step));
  if (length > MAX_RANGE) throw new Error("range() is too long");
  return Array.from({ length }, (_, i) => Number(start) + i * step);
}
