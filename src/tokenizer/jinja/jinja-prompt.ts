import type { RenderedPrompt, TemplateMessage } from "../chat-template.ts";
import { isWhite, OPEN } from "../reasoning.ts";
import type { Tokenizer } from "../tokenizer.ts";
import { trimmedFor, type CutText, type Place } from "./sentinels.ts";

/** What a prompt is made with. */
export interface PromptParts {
  tokenizer: Tokenizer;
  /** The ids of its added tokens. */
  added: ReadonlySet<number>;
  /** The token that a prompt has to begin with. */
  firstTokenId: number | undefined;
  /** The tokens with which the template opens a user's turn behind another turn. */
  opening: readonly number[];
}

/**
 * How many of the tokens between two contents close what stands before them: those up to the first added token, and
 * white space behind it. The text around the cut is tokenised as one, so the cut changes no token.
 */
export function closingLength(
  { tokenizer, added }: Pick<PromptParts, "tokenizer" | "added">,
  ids: readonly number[],
): number {
  const first = ids.findIndex((id) => added.has(id));
  if (first < 0) return 0;
  let end = first + 1;
  for (
    let id = ids[end];
    id !== undefined && !added.has(id) && isWhite(tokenizer, id);
    id = ids[end]
  )
    end++;
  return end;
}

/**
 * The tokens of a conversation: the template's text with its special tokens, and each content on its own, without any.
 *
 * @param cut the template's text for these very messages
 */
export function jinjaPrompt(
  parts: PromptParts,
  cut: CutText,
  messages: readonly TemplateMessage[],
): RenderedPrompt {
  const { tokenizer, firstTokenId } = parts;
  const owners = ownersOf(cut.places, messages);
  const system: number[] = [];
  const turns = messages.filter(({ role }) => role !== "system").map((): number[] => []);
  const ownedBy = (owner: number | undefined) => turns[owner ?? SYSTEM] ?? system;
  const pieces = piecesOf(parts, cut, messages);
  for (const [i, { before, ids }] of pieces.entries()) {
    const [last, owner] = [owners[i - 1], owners[i]];
    const ends =
      i === 0
        ? openingStart(before, owner === SYSTEM ? [] : parts.opening)
        : last === owner
          ? 0
          : closingLength(parts, before);
    ownedBy(last).push(...before.slice(0, ends));
    ownedBy(owner).push(...before.slice(ends), ...ids);
  }
  const end = tokenizer.encodeTemplateAfterText(cut.texts.at(-1) ?? "");
  const ends = closingLength(parts, end);
  ownedBy(owners.at(-1)).push(...end.slice(0, ends));
  const first = [system, ...turns].find((ids) => ids.length > 0)?.[0];
  if (firstTokenId !== undefined && first !== firstTokenId) system.unshift(firstTokenId);
  return { system, turns, header: end.slice(ends) };
}

/** Stands for the system part, where others are turns. */
const SYSTEM = -1;

/** The turn that each place belongs to. A system message at the very beginning is a part of its own. */
function ownersOf(places: readonly Place[], messages: readonly TemplateMessage[]): number[] {
  const hasSystem = messages[0]?.role === "system";
  const turnOf = ({ message }: Place) => (hasSystem ? message - 1 : message);
  return places.map((place, i) => {
    if (turnOf(place) >= 0 || i === 0) return turnOf(place);
    const next = places[i + 1];
    return next ? turnOf(next) : SYSTEM;
  });
}

/** Where the first turn's own tokens begin: behind what the template says before any conversation. */
function openingStart(before: readonly number[], opening: readonly number[]): number {
  const start = before.length - opening.length;
  return opening.length > 0 && opening.every((id, i) => before[start + i] === id)
    ? start
    : before.length;
}

/** The tokens of the text before a place, and of what stands there. */
interface Piece {
  before: number[];
  ids: readonly number[];
}

const NOTHING: Piece = { before: [], ids: [] };

function piecesOf(
  parts: PromptParts,
  { texts, places }: CutText,
  messages: readonly TemplateMessage[],
): Piece[] {
  const header = texts.at(-1) ?? "";
  const { tokenizer } = parts;
  const template = (text: string) => tokenizer.encodeTemplateAfterText(text);
  return places.map((place, i): Piece => {
    const message = messages[place.message];
    const known = message && knownTokens(tokenizer, message);
    const before = texts[i] ?? "";
    if (!known) return spacedPiece(parts, { before, isFirst: i === 0 }, contentAt(place, message));
    const isReply = message.role === "assistant";
    const isSecond = places[i - 1]?.message === place.message;
    const { reasoning } = known;
    // The tokens of reasoning and text follow each other as the model wrote them, at the first of both places.
    if (isReply && reasoning && isSecond && continues(texts[i - 1], header, OPEN)) return NOTHING;
    if (isReply && reasoning && place.part === "reasoning" && continues(before, header, OPEN))
      return { before: template(header), ids: [...reasoning, ...known.ids] };
    const ids =
      place.part === "content" ? known.ids : tokenizer.encodeText(contentAt(place, message));
    const isAnswer = isReply && !isSecond && place.part === "content" && continues(before, header);
    return { before: template(isAnswer ? header : before), ids };
  });
}

/**
 * Whether a text before a reply is the one that a prompt ends with, white space aside, with which a template may part
 * its header from a reply.
 *
 * @param mark what may stand behind it besides
 */
function continues(before: string | undefined, header: string, mark = ""): boolean {
  const end = header.trimEnd();
  if (!before?.startsWith(end)) return false;
  const rest = before.slice(end.length).trim();
  return rest === "" || rest === mark;
}

/** The tokens that a message has, if they are this tokenizer's. */
function knownTokens(tokenizer: Tokenizer, { tokens }: TemplateMessage) {
  if (tokens?.tokenizer !== tokenizer.fingerprint) return undefined;
  return { ids: tokens.ids, reasoning: tokens.reasoningIds };
}

const contentAt = (place: Place, message: TemplateMessage | undefined): string =>
  trimmedFor(place, (place.part === "content" ? message?.text : message?.reasoning) ?? "");

/** A space between the template's text and a word belongs to the word's token, as it does in a running text. */
function spacedPiece(
  { tokenizer }: PromptParts,
  { before, isFirst }: { before: string; isFirst: boolean },
  content: string,
): Piece {
  const moves = /(^|\S) $/.test(before) && /^\S/.test(content);
  const text = moves ? before.slice(0, -1) : before;
  return {
    before: isFirst ? tokenizer.encodeTemplate(text) : tokenizer.encodeTemplateAfterText(text),
    ids: tokenizer.encodeText(moves ? ` ${content}` : content),
  };
}
