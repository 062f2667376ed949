import type { TemplateFault } from "../../protocol/engine-api.ts";
import type { JinjaTemplate, TemplateMessage } from "../chat-template.ts";
import { cutAtMarks, markOf, type CutText } from "./sentinels.ts";
import { asAlternating } from "./alternating.ts";
import type { JinjaMessage, JinjaOutput, TemplateRenderer } from "./template-renderer.ts";

/** What a program writes around the contents of a conversation's messages. */
export type ConversationText = CutText | { fault: TemplateFault };

/** Conversations whose text is remembered: a turn asks for that of a few, and the next turn for some of them again. */
const MOST_REMEMBERED = 64;

/** All that the text around the contents depends on. */
type Outline = Pick<TemplateMessage, "role" | "reasoning">;

/**
 * The text of conversations around their contents, from a program that sees only who speaks and whether there is
 * reasoning. Each text is asked for once.
 */
export class ConversationTexts {
  readonly #template: JinjaTemplate;
  readonly #renderer: TemplateRenderer;
  readonly #known = new Map<string, Promise<ConversationText>>();

  constructor(template: JinjaTemplate, renderer: TemplateRenderer) {
    this.#template = template;
    this.#renderer = renderer;
  }

  /** @param nowMs the time that the program is told */
  of(messages: readonly Outline[], nowMs: number): Promise<ConversationText> {
    const key = `${nowMs} ${messages.map(outlineOf).join("")}`;
    const known = this.#known.get(key) ?? this.#ask(messages, nowMs);
    // The latest is the last one to be forgotten.
    this.#known.delete(key);
    this.#known.set(key, known);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= MOST_REMEMBERED) break;
      this.#known.delete(oldest);
    }
    return known;
  }

  /** What the program writes of these messages with their contents in them; undefined if it writes nothing. */
  async whole(messages: readonly JinjaMessage[], nowMs: number): Promise<string | undefined> {
    const output = await this.#run(messages, nowMs);
    return "text" in output ? output.text : undefined;
  }

  async #ask(messages: readonly Outline[], nowMs: number): Promise<ConversationText> {
    const marked = messages.map(({ role, reasoning }, index) => ({
      role,
      content: markOf(index, "content"),
      ...(reasoning !== undefined && { reasoning_content: markOf(index, "reasoning") }),
    }));
    const written = await this.#write(marked, messages, nowMs);
    if (!("fault" in written) || !mayTakeJoined(written.fault, messages)) return written;
    const alternating = asAlternating(marked);
    return alternating.length < marked.length ? this.#write(alternating, messages, nowMs) : written;
  }

  async #write(
    marked: readonly JinjaMessage[],
    messages: readonly Outline[],
    nowMs: number,
  ): Promise<ConversationText> {
    const output = await this.#run(marked, nowMs);
    if ("fault" in output) return output;
    const cut = cutAtMarks(output.text);
    return cut && isComplete(cut, messages) ? cut : { fault: "loses-contents" };
  }

  #run(messages: readonly JinjaMessage[], nowMs: number): Promise<JinjaOutput> {
    const { jinja = "", bosToken = "", eosToken = "" } = this.#template;
    return this.#renderer.render({ jinja, messages, bosToken, eosToken, nowMs });
  }
}

/** Whether a program that cannot write these messages may write them joined: some refuse or leave out a system message. */
const mayTakeJoined = (fault: TemplateFault, [first]: readonly Outline[]): boolean =>
  fault === "fails" || (fault === "loses-contents" && first?.role === "system");

const outlineOf = ({ role, reasoning }: Outline): string =>
  role.charAt(0) + (reasoning === undefined ? "" : "r");

/**
 * Whether every content has one place, in the order of the messages, and every reasoning has none or one right before
 * its content. Only a system message may stand anywhere: some templates put it into a later turn.
 */
function isComplete({ places }: CutText, messages: readonly Outline[]): boolean {
  const contents = places.filter(({ part }) => part === "content").map(({ message }) => message);
  const isSystem = (message: number) => messages[message]?.role === "system";
  const inTurns = contents.filter((message) => !isSystem(message));
  const isInOrder = inTurns.every((message, i) => i === 0 || message > (inTurns[i - 1] ?? 0));
  const isWhole = contents.length === messages.length && new Set(contents).size === contents.length;
  const isKnown = contents.every((message) => message < messages.length);
  const reasonsBefore = places.every(({ part, message }, i) => {
    const next = places[i + 1];
    return part === "content" || (next?.part === "content" && next.message === message);
  });
  return isInOrder && isWhole && isKnown && reasonsBefore;
}
