import type { TemplateFault } from "../../protocol/engine-api.ts";
import type { JinjaTemplate, TemplateMessage } from "../chat-template.ts";
import type { Tokenizer } from "../tokenizer.ts";
import type { ConversationTexts } from "./conversation-text.ts";
import { closingLength } from "./jinja-prompt.ts";
import { MAX_JINJA_LENGTH } from "./render-jinja.ts";
import { hasMarks, trimmedFor, type CutText } from "./sentinels.ts";

/** What is learned of a template by trying it. */
export interface TriedTemplate {
  /** The ids of all added tokens of the tokenizer. */
  added: ReadonlySet<number>;
  /** The tokens with which it opens a user's turn behind a reply. */
  opening: readonly number[];
  /** What it writes behind a reply, which therefore ends one. */
  stops: { ids: readonly number[]; strings: readonly string[] };
  /** All added tokens in its text. */
  addedIds: readonly number[];
}

const user = (text: string): TemplateMessage => ({ role: "user", text });
const assistant = (text: string): TemplateMessage => ({ role: "assistant", text });
const SYSTEM: TemplateMessage = { role: "system", text: "Be brief." };

/** Contents that a template might treat in different ways: with white space around, of several lines, long, a number. */
const CONTENTS = [
  ...[
    "Hello there, how are you?",
    "  two spaces, two lines\n\n \n",
    "\n\nA list:\n\n- one\n- two\n",
  ],
  ...["7", "word ".repeat(1000), "`{{ 1 + 1 }}` and {% if true %}\tif{% endif %} <b>"],
];

/** A conversation of these contents, each said by both sides. */
const TALK = [...CONTENTS.flatMap((text) => [user(text), assistant(text)]), user("Bye!")];

/**
 * Tries a template: with marks in place of contents it has to give the text that it gives with the contents themselves.
 */
export async function tryTemplate(
  { jinja }: JinjaTemplate,
  tokenizer: Tokenizer,
  texts: ConversationTexts,
): Promise<TriedTemplate | { fault: TemplateFault }> {
  if (jinja === undefined) return { fault: "missing" };
  if (jinja.length > MAX_JINJA_LENGTH) return { fault: "too-long" };
  if (hasMarks(jinja)) return { fault: "loses-contents" };
  const plain = await texts.of(TALK, 0);
  if ("fault" in plain) return plain;
  const withSystem = await texts.of([SYSTEM, ...TALK], 0);
  // A template may have no place for a system message. A conversation with one is then written by the family's.
  if ("fault" in withSystem && withSystem.fault === "too-slow") return withSystem;
  const contents = TALK.map(({ role, text }) => ({ role, content: text }));
  const whole = await texts.whole(contents, 0);
  if (whole !== joined(plain, TALK)) return { fault: "depends-on-contents" };
  return learn(tokenizer, plain, "fault" in withSystem ? [plain] : [plain, withSystem]);
}

/** The whole text, with each content at its place. */
const joined = ({ texts, places }: CutText, messages: readonly TemplateMessage[]): string =>
  texts
    .map((text, i) => {
      const place = places[i - 1];
      return (place ? trimmedFor(place, messages[place.message]?.text ?? "") : "") + text;
    })
    .join("");

function learn(tokenizer: Tokenizer, talk: CutText, all: readonly CutText[]): TriedTemplate {
  const addedIds = all.flatMap(({ texts }) =>
    texts.flatMap((text) => tokenizer.addedTokensIn(text)),
  );
  // Behind the first reply.
  const text = talk.texts[2] ?? "";
  const added = new Set(tokenizer.addedTokens.map(({ id }) => id));
  const ids = tokenizer.encodeTemplateAfterText(text);
  const opening = ids.slice(closingLength({ tokenizer, added }, ids));
  const [stop] = tokenizer.addedTokensIn(text);
  const spelled = text.trim();
  const strings = stop === undefined && spelled !== "" ? [spelled] : [];
  return { added, opening, stops: { ids: stop === undefined ? [] : [stop], strings }, addedIds };
}
