import { EngineError } from "../shared/engine-error.ts";
import { slotsOf, type ChatTemplate, type SlotTemplate } from "./chat-template.ts";
import type { Tokenizer } from "./tokenizer.ts";

/**
 * Refuses a tokenizer and template that could give a prompt an id for which the model has no row. Only the template's
 * own text can become added tokens, so those that the template does not use may have any id.
 *
 * @param vocab the number of rows of the model's embedding
 * @param url the model's, for the error
 * @throws EngineError `model-invalid`
 */
export function refuseOutsideVocabulary(
  tokenizer: Pick<Tokenizer, "largestId" | "addedTokens">,
  template: ChatTemplate,
  { vocab, url }: { vocab: number; url: string },
): void {
  const refuse = (what: string, id: number): never => {
    const detail = `${what} is token ${id}, and the model has ${vocab}`;
    throw new EngineError({ code: "model-invalid", url, detail });
  };
  if (tokenizer.largestId >= vocab) refuse("the tokenizer's last piece", tokenizer.largestId);
  for (const id of slotsOf(template).systemPrefixIds)
    if (id >= vocab) refuse("the prompt's beginning", id);
  const texts = tokenizedRuns(slotsOf(template));
  // What a program writes is known only for the conversations that it has written.
  const mayWriteAll = "jinja" in template;
  for (const { id, content } of tokenizer.addedTokens)
    if (
      id >= vocab &&
      content !== "" &&
      (mayWriteAll || texts.some((text) => text.includes(content)))
    )
      refuse(`the template's ${content}`, id);
}

/** Every run of template text that a prompt holds, joined as it is tokenised. */
function tokenizedRuns(template: SlotTemplate): string[] {
  const { system, roles, contents, separators } = template;
  const around = typeof system === "string" ? [system] : [system.before, system.after];
  const { roleContentSeparator, roleEmptySeparator } = template;
  const speakers = (["user", "assistant"] as const).flatMap((speaker) => {
    const { before, after } = contents[speaker];
    return [
      roles[speaker] + roleContentSeparator + before,
      roles[speaker] + roleEmptySeparator,
      after + separators[speaker],
    ];
  });
  return [...around, ...speakers];
}
