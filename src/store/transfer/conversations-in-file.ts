import { fieldsOf, type Fields } from "../../shared/record-fields.ts";
import { EXPORT_FORMAT, EXPORT_VERSION } from "./export-text.ts";
import {
  BEYOND_LIMITS,
  DamagedJson,
  JsonSplitter,
  type SplitValue,
  type ValueLimits,
} from "./json-splitter.ts";
import { LlamaSessions } from "./llama-sessions.ts";
import { refused } from "./refused.ts";

/** A file is read piece by piece. Larger ones would take minutes. */
const MAX_BYTES = 1e9;

/** One conversation is parsed as a whole, and takes some times as much memory. */
const VALUE_LIMITS: ValueLimits = { length: 2 ** 26, depth: 100 };

/** Letters at the beginning of a file that show what it is. */
const HEAD_BYTES = 1024;

/** A conversation that was parsed, and nothing more is known of it; undefined where it cannot be parsed. */
export type FoundConversation = Fields | undefined;

/**
 * The conversations of a file, one after another, whichever program has exported them. Only one at a time is in memory.
 *
 * @throws EngineError `import-refused` if it is no such file, or ends in the middle
 */
export async function* conversationsInFile(file: Blob): AsyncGenerator<FoundConversation> {
  if (file.size > MAX_BYTES) throw refused("too-large");
  const head = await file.slice(0, HEAD_BYTES).text();
  if (head.startsWith("PK\u0003\u0004")) throw refused("archive");
  const level = levelOf(head);
  if (level === undefined) throw refused("not-exported");
  const sessions = new LlamaSessions();
  for await (const value of valuesOf(file, level)) {
    const parsed = value === BEYOND_LIMITS ? undefined : parse(value);
    if (level > 0) yield parsed;
    else if (!sessions.take(parsed)) yield* conversationsOf(parsed);
    else yield* sessions.finished();
  }
  yield* sessions.rest();
}

/** How many lists and objects are around each conversation; undefined if the file is no JSON. */
function levelOf(head: string): 0 | 1 | 2 | undefined {
  const beginning = head.replace(/^\ufeff/, "").trimStart();
  if (beginning.startsWith("[")) return 1;
  if (!beginning.startsWith("{")) return undefined;
  return new RegExp(String.raw`^\{\s*"format"\s*:\s*"${EXPORT_FORMAT}"`).test(beginning) ? 2 : 0;
}

async function* valuesOf(file: Blob, level: 0 | 1 | 2): AsyncGenerator<SplitValue> {
  const splitter = new JsonSplitter(level, VALUE_LIMITS);
  let isLeadChecked = level < 2;
  try {
    for await (const piece of file.stream().pipeThrough(new TextDecoderStream())) {
      const values = splitter.push(piece);
      if (values.length > 0 && !isLeadChecked) checkLead(splitter.lead);
      isLeadChecked ||= values.length > 0;
      yield* values;
    }
    splitter.end();
  } catch (error) {
    throw error instanceof DamagedJson ? refused("damaged") : error;
  }
  if (!isLeadChecked) checkLead(splitter.lead);
}

/** What stands before the conversations in a file of this page's says which version has written it. */
function checkLead(lead: string): void {
  checkVersion(fieldsOf(parse(`${lead}[]}`)));
}

/** @throws EngineError if this page has not exported such a file, or not yet */
function checkVersion(content: Fields | undefined): void {
  const { version, conversations } = content ?? {};
  if (typeof version !== "number" || !Array.isArray(conversations)) throw refused("not-exported");
  if (version > EXPORT_VERSION) throw refused("newer");
}

/** An object at the top of a file is a conversation, or this page's export with its fields in another order. */
function* conversationsOf(parsed: Fields | undefined): Generator<FoundConversation> {
  if (parsed?.["format"] !== EXPORT_FORMAT) yield parsed;
  else {
    checkVersion(parsed);
    for (const one of parsed["conversations"] as readonly unknown[]) yield fieldsOf(one);
  }
}

function parse(text: string): Fields | undefined {
  try {
    return fieldsOf(JSON.parse(text));
  } catch {
    return undefined;
  }
}
