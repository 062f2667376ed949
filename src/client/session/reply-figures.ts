import type { ReplyFigures } from "../../protocol/reply-figures.ts";
import type { MessageChange } from "../../protocol/store-api.ts";

/** What of a turn's summary is stored as the figures of its reply; nothing of a turn that ran no prompt. */
export function figuresOf(summary: ReplyFigures): Pick<MessageChange, "figures"> {
  const { promptTokens, prefilledTokens, generatedTokens, ttftMs, decodeMs, resumed } = summary;
  if (promptTokens === 0) return {};
  return {
    figures: {
      promptTokens,
      prefilledTokens,
      generatedTokens,
      ...(ttftMs !== undefined && { ttftMs: Math.round(ttftMs) }),
      ...(decodeMs !== undefined && { decodeMs: Math.round(decodeMs) }),
      ...(resumed && { resumed }),
    },
  };
}
