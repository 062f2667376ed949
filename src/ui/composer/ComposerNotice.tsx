import { hashOf } from "../address/conversation-location.ts";
import type { ComposerState } from "../conversation/composer-state.ts";

/** Says why nothing can be sent, where the composer alone does not show it. */
export function ComposerNotice({ state }: { state: ComposerState }) {
  switch (state.is) {
    case "answering-elsewhere":
      return (
        <p className="hint">
          The model is still answering in{" "}
          <a href={hashOf(state.conversationId)}>another conversation</a>.
        </p>
      );
    case "other-tab":
      return (
        <p className="hint">
          This conversation is open in another tab. What is written there appears here as well.
        </p>
      );
    case "ready":
    case "answering":
    case "model-question":
      return null;
  }
}
