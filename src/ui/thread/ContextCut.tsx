import { useEngineStatus } from "../../client/hooks/client-context.ts";
import type { EngineStatus } from "../../protocol/engine-api.ts";

/** Stands between the messages that the model no longer sees and those that it does. */
export function ContextCut() {
  return (
    // A separator's text would not be read out.
    <p className="cut" role="note">
      {cutSentence(useEngineStatus())}
    </p>
  );
}

export function cutSentence(status: EngineStatus): string {
  const length =
    status.phase === "ready"
      ? `context of ${status.model.contextTokens.toLocaleString("en")} tokens`
      : "context";
  return `The model no longer sees what is above: the conversation is longer than its ${length}.`;
}
