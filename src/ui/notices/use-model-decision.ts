import type { RefObject } from "react";
import { useClient, useModelQuestion } from "../../client/hooks/client-context.ts";
import type { ModelQuestion } from "../../client/models/model-choice.ts";
import { focusForTyping } from "../focus-for-typing.ts";

export interface ModelDecision {
  /** What has to be answered before the model is loaded; undefined if nothing has. */
  question: ModelQuestion | undefined;
  /** Yes is for the model that is asked about, no for the one that is part of the page. */
  decide: (isAgreed: boolean) => void;
  /** Take the page's own model instead; undefined where that is the one wanted. */
  useEmbedded: (() => void) | undefined;
  /** Load the model that is wanted, once more. */
  load: () => void;
}

/**
 * @param input is given the focus: the pressed button may be gone
 * @param onDecision told of every answer, and of loading once more
 */
export function useModelDecision(
  input: RefObject<HTMLElement | null>,
  onDecision: () => void,
): ModelDecision {
  const { modelChoice } = useClient();
  const question = useModelQuestion();
  const take = (loading: Promise<void>) => {
    // How it goes is in the engine's status.
    void loading;
    onDecision();
    focusForTyping(input.current);
  };
  const decide = (isAgreed: boolean) =>
    take(isAgreed ? modelChoice.agree() : modelChoice.useEmbedded());
  return {
    question,
    decide,
    useEmbedded: modelChoice.isEmbedded ? undefined : () => decide(false),
    load: () => take(modelChoice.load()),
  };
}
