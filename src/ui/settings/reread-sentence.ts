import { plural, t } from "@lingui/core/macro";
import type { ConversationSettings } from "../../protocol/conversation-settings.ts";
import { durationWords, numberWords } from "../number-words.ts";

/** What is known of reading a conversation again. */
export interface RereadCost {
  /** About how many tokens the conversation takes now; 0 where it has not begun. */
  tokens: number;
  /** How long the model takes for a token here; undefined until it was measured. */
  msPerToken: number | undefined;
}

/** What a change of settings costs, before it is saved. */
export function rereadSentence(
  before: ConversationSettings,
  after: ConversationSettings,
  { tokens, msPerToken }: RereadCost,
): string {
  if (tokens === 0 || before.systemPrompt === after.systemPrompt)
    return t`Nothing has to be read again.`;
  // Two digits are as much as is known before it happens.
  const about = Number(tokens.toPrecision(2));
  const count = numberWords(about);
  if (msPerToken === undefined)
    return plural(about, {
      one: `About a token will be read again, because the system prompt stands before everything else.`,
      other: `About ${count} tokens will be read again, because the system prompt stands before everything else.`,
    });
  const duration = durationWords(tokens * msPerToken);
  return plural(about, {
    one: `About a token will be read again, because the system prompt stands before everything else: about ${duration}.`,
    other: `About ${count} tokens will be read again, because the system prompt stands before everything else: about ${duration}.`,
  });
}
