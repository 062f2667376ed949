import { t } from "@lingui/core/macro";
import type { Conversation } from "../conversation/use-conversation.ts";
import { announce } from "../announcer/announce.ts";
import { useShortcuts } from "../shortcuts/use-shortcuts.ts";

/** The shortcuts for what can be done in the open conversation. */
export function useChatShortcuts(
  { messages, composer }: Pick<Conversation, "messages" | "composer">,
  regenerate: () => void,
): void {
  const answer = messages?.findLast(({ role }) => role === "assistant");
  useShortcuts({
    regenerate: answer && composer.is === "ready" ? regenerate : undefined,
    copy: answer && (() => void copy(answer.text)),
    answer: answer && goToLastAnswer,
  });
}

async function copy(text: string): Promise<void> {
  const said = await navigator.clipboard.writeText(text).then(
    () => t`The answer was copied.`,
    () => t`The browser did not allow copying.`,
  );
  announce(said, { isShown: true });
}

/** Answers are not read out while they come or when they end: whoever listens goes to one and reads it as they like. */
function goToLastAnswer(): void {
  const last = [...document.querySelectorAll<HTMLElement>("[role=log] article.assistant")].at(-1);
  if (!last) return;
  last.tabIndex = -1;
  last.focus();
}
