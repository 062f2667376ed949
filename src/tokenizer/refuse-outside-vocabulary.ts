import { EngineError } from "../shared/engine-error.ts";
import type { ChatTemplate } from "./chat-template.ts";
import type { Tokenizer } from "./tokenizer.ts";

/**
 * Throws `model-invalid` if a prompt could hold an id that the model has no row for. Added tokens are made of nothing
 * but the template's own text: those that it does not use may have any id.
 *
 * @param vocab rows of the model's embedding
 * @param url of the model, for the error
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
  for (const id of template.systemPrefixIds) if (id >= vocab) refuse("the prompt's beginning", id);
  const texts = templateTexts(template);
  for (const { id, content } of tokenizer.addedTokens)
    if (id >= vocab && content !== "" && texts.some((text) => text.includes(content)))
      refuse(`the template's ${content}`, id);
}

/** All that a prompt holds besides what is said. */
function templateTexts(template: ChatTemplate): string[] {
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
