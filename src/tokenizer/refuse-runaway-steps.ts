/**
 * @file Refuses tokenizers whose steps could make a text grow, or take time, without bound. The steps are what a text
 * goes through before and after the model.
 *
 * RS1 A pattern repeats no group, as repetitions within repetitions take time that doubles with every letter. The
 *     patterns of published tokenizers repeat only letters and classes.
 * RS2 A pattern has at most 8,192 letters, which is several times as many as the longest published one has.
 * RS3 All replacements together make a text at most 32 times as long. Those of published tokenizers replace one letter
 *     by one.
 */

import type { JsonReader } from "../shared/json-reader.ts";

const MAX_PATTERN_LENGTH = 8192;
const MAX_GROWTH = 32;

/**
 * Checks the rules for one part of `tokenizer.json`.
 *
 * @throws EngineError `model-invalid`
 */
export function refuseRunawaySteps(file: JsonReader, name: string): void {
  let growth = 1;
  for (const step of flatten(file.raw(name))) {
    const pattern = patternOf(step);
    if (pattern.regex.length > MAX_PATTERN_LENGTH)
      throw file.problem(name, `has a pattern of more than ${MAX_PATTERN_LENGTH} letters`);
    if (repeatsGroups(pattern.regex))
      throw file.problem(name, "has a pattern that repeats a group");
    growth *= growthOf(step, pattern);
  }
  if (growth > MAX_GROWTH)
    throw file.problem(name, `makes a text more than ${MAX_GROWTH} times as long`);
}

type Step = Record<string, unknown>;

/** A step and all steps within it. The recursion is as deep as a file may be nested. */
function flatten(step: unknown): Step[] {
  if (typeof step !== "object" || step === null) return [];
  const parts = ["normalizers", "pretokenizers", "decoders"].flatMap((name) => {
    const list = (step as Step)[name];
    return Array.isArray(list) ? list.flatMap(flatten) : [];
  });
  return [step as Step, ...parts];
}

interface Pattern {
  /** Empty if the pattern is a plain text. */
  regex: string;
  text: string;
}

function patternOf({ pattern }: Step): Pattern {
  const { Regex, String: text } = (pattern ?? {}) as { Regex?: unknown; String?: unknown };
  return {
    regex: typeof Regex === "string" ? Regex : "",
    text: typeof text === "string" ? text : "",
  };
}

/** Rule RS1. */
function repeatsGroups(regex: string): boolean {
  const withoutLetters = regex.replace(/\\./gsu, "").replace(/\[[^\]]*\]/gu, "");
  return /\)[*+{]/.test(withoutLetters);
}

/** How many times as long a step makes a text at most. An empty pattern matches before each letter and at the end. */
function growthOf(step: Step, { text }: Pattern): number {
  const { type, content } = step;
  if (type !== "Replace" || typeof content !== "string") return 1;
  return Math.max(1, text === "" ? 1 + content.length : content.length / text.length);
}
