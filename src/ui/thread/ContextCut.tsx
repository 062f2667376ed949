import { t } from "@lingui/core/macro";
import { useEngineStatus } from "../../client/hooks/client-context.ts";
import type { EngineStatus } from "../../protocol/engine-api.ts";
import { numberWords } from "../number-words.ts";
import { showInMiddle } from "./show-in-middle.ts";

const CUT_ID = "context-cut";

/** How long a cut that is not drawn yet is waited for: 2,000 messages are all there within ten seconds. */
const PATIENCE_MS = 20_000;

let stopWaiting: () => void = () => undefined;

/**
 * Goes to the place up to which the model no longer sees. In a long conversation it may not be drawn yet: then it is gone to
 * as soon as it is.
 */
export function showContextCut(): void {
  stopWaiting();
  if (goToCut()) return;
  const log = document.querySelector("[role=log]");
  if (!log) return;
  const coming = new MutationObserver(() => {
    if (goToCut()) stopWaiting();
  });
  coming.observe(log, { childList: true });
  const timer = setTimeout(() => stopWaiting(), PATIENCE_MS);
  stopWaiting = () => {
    coming.disconnect();
    clearTimeout(timer);
  };
}

function goToCut(): boolean {
  const cut = document.getElementById(CUT_ID);
  if (!cut) return false;
  // Whoever reads here is not taken back to the end by what grows there.
  cut.dispatchEvent(new Event("seek", { bubbles: true }));
  showInMiddle(cut);
  cut.focus({ preventScroll: true });
  return true;
}

/** Stands between the messages that the model no longer sees and those that it does. */
export function ContextCut() {
  return (
    // A separator's text would not be read out. It takes the focus where a person asks to be shown the place.
    <p className="cut" role="note" id={CUT_ID} tabIndex={-1}>
      {cutSentence(useEngineStatus())}
    </p>
  );
}

export function cutSentence(status: EngineStatus): string {
  if (status.phase !== "ready")
    return t`The model no longer sees what is above: the conversation is longer than its context.`;
  const tokens = numberWords(status.model.contextTokens);
  return t`The model no longer sees what is above: the conversation is longer than its context of ${tokens} tokens.`;
}
