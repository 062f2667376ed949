/** @file The texts that forms of storing are judged on. All were written for this evaluation, under the project's licence. */

import type { ChatMessage } from "../../protocol/engine-api.ts";
import { assert } from "../../shared/assert.ts";
import type { CacheProbe } from "../cache-probe.ts";
import type { TextKind } from "./text-kinds.ts";
import chats from "../texts/chats.jsonl?raw";

export interface EvaluationText {
  name: string;
  kind: TextKind;
  messages: readonly ChatMessage[];
}

/** A text as tokens: those whose rows are stored, and those that are run on top of them to judge the rows. */
export interface SplitText {
  lead: number[];
  judged: number[];
}

/** How many tokens at a text's end are judged. */
const JUDGED_TOKENS = 64;
/** How many tokens of a text are stored at most. */
const MOST_TOKENS: Readonly<Record<TextKind, number>> = {
  chat: Infinity,
  document: Infinity,
  code: Infinity,
  language: Infinity,
  "first conversation": 500,
  "long conversation": 2000,
};

/** The files by name: `document-canal.txt` and so on. */
const FILES: Readonly<Record<string, string>> = import.meta.glob("../texts/*.txt", {
  query: "?raw",
  import: "default",
  eager: true,
});

/** Chats in lines of JSON: messages as an array, or an object that has them as `messages`. */
export function parseChats(lines: string): { name: string; messages: ChatMessage[] }[] {
  return lines
    .trim()
    .split("\n")
    .map((line, i) => {
      const parsed = JSON.parse(line) as unknown;
      const named = (Array.isArray(parsed) ? { messages: parsed } : parsed) as {
        name?: string;
        messages?: unknown;
      };
      assert(Array.isArray(named.messages), `line ${i + 1} of the chats has no messages`);
      return { name: named.name ?? `chat ${i + 1}`, messages: named.messages.map(messageOf) };
    });
}

function messageOf(message: unknown): ChatMessage {
  const { role, text, content } = message as { role?: string; text?: string; content?: string };
  const said = text ?? content;
  assert(role === "user" || role === "assistant" || role === "system", `a message of ${role}`);
  assert(typeof said === "string", "a message has no text");
  return { role, text: said };
}

/** Texts of one kind after one another, so that they are long enough together. */
function joined(texts: readonly EvaluationText[], count: number): EvaluationText[] {
  const longs: EvaluationText[] = [];
  for (let i = 0; i + count <= texts.length; i += count) {
    const some = texts.slice(i, i + count);
    longs.push({
      name: some.map(({ name }) => name).join(" + "),
      kind: "long conversation",
      messages: some.flatMap(({ messages }) => messages),
    });
  }
  return longs;
}

/** The first are of each kind, so that few of them are as well. */
function longs(
  chats: readonly EvaluationText[],
  documents: readonly EvaluationText[],
  code: readonly EvaluationText[],
): EvaluationText[] {
  const kinds = [
    [...joined(chats, 3), ...joined(chats.toReversed(), 3)],
    joined(documents, 2),
    joined(code, 2),
  ];
  const most = Math.max(...kinds.map(({ length }) => length));
  return Array.from({ length: most }, (_, i) =>
    kinds.flatMap((texts) => texts.slice(i, i + 1)),
  ).flat();
}

/** All texts, kind by kind. */
export function evaluationTexts(): EvaluationText[] {
  const talked = parseChats(chats).map(({ name, messages }): EvaluationText => {
    return { name, kind: "chat", messages };
  });
  const filed = (kind: TextKind) =>
    Object.entries(FILES).flatMap(([path, text]): EvaluationText[] => {
      const [, of, name = path] = /([a-z]+)-([^/]+)\.txt$/.exec(path) ?? [];
      return of === kind ? [{ name, kind, messages: [{ role: "user", text }] }] : [];
    });
  const [documents, code, language] = [filed("document"), filed("code"), filed("language")];
  const firsts = [...talked.slice(0, 4), ...documents.slice(0, 2), ...code.slice(0, 2)];
  return [
    ...talked,
    ...documents,
    ...code,
    ...language,
    ...firsts.map((text): EvaluationText => ({ ...text, kind: "first conversation" })),
    ...longs(talked, documents, code),
  ];
}

/**
 * The tokens of a text, as the model's template has them.
 *
 * @param contextTokens room of the cache, which cuts longer texts
 */
export function splitText(
  probe: Pick<CacheProbe, "render">,
  { kind, messages }: EvaluationText,
  contextTokens: number,
): SplitText {
  const { system, turns } = probe.render(messages);
  const tokens = [...system, ...turns.flat()];
  const end = Math.min(tokens.length, MOST_TOKENS[kind] + JUDGED_TOKENS, contextTokens);
  const cut = end - JUDGED_TOKENS;
  assert(cut > 0, `a text of ${tokens.length} tokens is too short to judge`);
  return { lead: tokens.slice(0, cut), judged: tokens.slice(cut, end) };
}
