import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { hashOf } from "../address/conversation-location.ts";
import type { ComposerState } from "../conversation/composer-state.ts";

/** Says why nothing can be sent, where the composer alone does not show it. */
export function ComposerNotice({ state }: { state: ComposerState }) {
  switch (state.is) {
    case "answering-elsewhere":
      return (
        <p className="hint">
          <Trans>
            The model is still answering in{" "}
            <a href={hashOf(state.conversationId)}>another conversation</a>.
          </Trans>
        </p>
      );
    case "other-tab":
      return (
        <p className="hint">
          {t`This conversation is open in another tab. What is written there appears here as well.`}
        </p>
      );
    case "ready":
    case "answering":
    case "model-question":
      return null;
  }
}
