import type { RefObject } from "react";
import {
  useClient,
  useDeviceChoice,
  useIsCardUnreliable,
  useModelQuestion,
} from "../../client/hooks/client-context.ts";
import type { ModelQuestion, NamedModel } from "../../client/models/model-choice.ts";
import { PIP } from "../../client/models/offered-model.ts";
import { focusForTyping } from "../focus-for-typing.ts";

export interface ModelDecision {
  /** The question that has to be answered before the model is loaded; undefined if there is none. */
  question: ModelQuestion | undefined;
  /** Answers the question: yes loads the model that is asked about, no the one that is part of the page. */
  decide: (isAgreed: boolean) => void;
  /** Loads the page's own model instead; undefined where that one is wanted anyway. */
  useEmbedded: (() => void) | undefined;
  /** The model that ran before the one that is wanted, if that was not the page's own. */
  before: NamedModel | undefined;
  /** Loads another model, which the next visit begins with. */
  pick: (url: string) => void;
  /**
   * Has the model run on the processor from now on; undefined where it was not chosen to run on the graphics card, and
   * where a notice offers the same.
   */
  useProcessor: (() => void) | undefined;
  /** Does the same, wherever it is offered. */
  runOnProcessor: () => void;
  /** Loads the model that is wanted once more. */
  load: () => void;
}

/**
 * The question about a model, and everything that can be decided about it.
 *
 * @param input is given the focus, because the button that was pressed may be gone
 * @param onDecision called at every answer, and when the model is loaded once more
 */
export function useModelDecision(
  input: RefObject<HTMLElement | null>,
  onDecision: () => void,
): ModelDecision {
  const { modelChoice } = useClient();
  const question = useModelQuestion();
  const isOnCard = useDeviceChoice() === "gpu";
  const isCardUnreliable = useIsCardUnreliable();
  const take = (loading: Promise<void>) => {
    // How the load goes is in the engine's status.
    void loading;
    onDecision();
    focusForTyping(input.current);
  };
  const decide = (isAgreed: boolean) =>
    take(isAgreed ? modelChoice.agree() : modelChoice.useEmbedded());
  const runOnProcessor = () => take(modelChoice.runOn("processor"));
  return {
    question,
    decide,
    useEmbedded: modelChoice.isEmbedded ? undefined : () => decide(false),
    before: modelChoice.before?.name === PIP ? undefined : modelChoice.before,
    pick: (url) => take(modelChoice.pick(url)),
    useProcessor: isOnCard && !isCardUnreliable ? runOnProcessor : undefined,
    runOnProcessor,
    load: () => take(modelChoice.load()),
  };
}
