/**
 * @file When a reply says the same again and again, so that it would never end by itself.
 *
 * Texts repeat themselves too: tables have equal rows, code has equal lines, songs have refrains. So what counts is how
 * much of the reply's end is the same, and how often.
 *
 * RE1 A reply loops if its last tokens are one run of tokens, again and again, to the last token. The last run may be
 *     cut anywhere.
 * RE2 The run has 1 to 64 tokens. Longer ones are paragraphs, and the limit of an answer ends those.
 * RE3 It comes at least six times: no refrain does.
 * RE4 The repeated part has at least 192 tokens: a rule of dashes, a laughter, the frame of a table or an array of zeros
 *     is shorter. So a single token has to come 192 times, and a line of ten tokens twenty times.
 * RE5 Only what this turn has written counts. So a person may let a looping reply go on, until it has looped anew.
 */

const MOST_RUN_TOKENS = 64;
const LEAST_RUNS = 6;
const LEAST_TOKENS = 192;

/** RE1 to RE4. Takes a few steps for each token of a text that does not repeat itself. */
export function isLoop(tokens: readonly number[]): boolean {
  if (tokens.length < LEAST_TOKENS) return false;
  for (let run = 1; run <= MOST_RUN_TOKENS; run++)
    if (repeats(tokens, run, Math.max(LEAST_TOKENS, run * LEAST_RUNS))) return true;
  return false;
}

/** Whether each of the last `length` tokens is the one that stands `run` tokens before it, as far as that is one of them. */
function repeats(tokens: readonly number[], run: number, length: number): boolean {
  const start = tokens.length - length;
  if (start < 0) return false;
  for (let at = tokens.length - 1; at >= start + run; at--)
    if (tokens[at] !== tokens[at - run]) return false;
  return true;
}
