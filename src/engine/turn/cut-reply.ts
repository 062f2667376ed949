import type { ChatMessage } from "../../protocol/engine-api.ts";
import { beginsInReasoning, CLOSE, OPEN } from "../../tokenizer/reasoning.ts";
import { unfinishedReasoning, writableIds, writtenTokens } from "../../tokenizer/written-tokens.ts";
import type { TextModel } from "../sequence/prepared-model.ts";

/** What the tokens of a cut reply depend on. */
type WritingModel = Pick<TextModel, "tokenizer" | "prompts" | "config">;

/**
 * The tokens of a reply that was cut, as they stand behind the header: those that the model wrote, where they are known,
 * so that their rows are those in the KV cache. Otherwise its texts are tokenised.
 *
 * @param message believed in nothing but that its texts have a bounded length
 */
export function replyTokens(
  model: WritingModel,
  message: ChatMessage,
  header: readonly number[],
): number[] {
  const { tokenizer, prompts, config } = model;
  const writable = writableIds(tokenizer, prompts, config);
  const { reasoning = "", text } = message;
  if (text === "" && reasoning !== "") {
    const ids = unfinishedReasoning(writable, message);
    if (ids) return [...ids];
  } else {
    const { ids, reasoningIds } = writtenTokens(writable, message) ?? {};
    if (ids && (reasoning === "" || reasoningIds)) return [...(reasoningIds ?? []), ...ids];
  }
  return tokenised(model, message, header);
}

/** The texts in tokens, with the marks that models usually write. A model that does not reason is given the text alone. */
function tokenised(
  { tokenizer, prompts: { marks } }: WritingModel,
  { reasoning = "", text }: ChatMessage,
  header: readonly number[],
): number[] {
  const said = text === "" ? [] : tokenizer.encodeText(text);
  if (!marks) return said;
  const begun = beginsInReasoning(tokenizer, marks, header);
  if (reasoning === "" && (!begun || text === "")) return said;
  const thought = reasoning === "" ? [] : tokenizer.encodeText(reasoning);
  return [
    ...(begun ? [] : tokenizer.encodeTemplate(`${OPEN}\n`)),
    ...thought,
    ...(text === "" ? [] : tokenizer.encodeTemplateAfterText(`\n${CLOSE}\n\n`)),
    ...said,
  ];
}
