import { useEngineStatus } from "../../client/queries/client-context.ts";
import { cutSentence } from "./context-cut.ts";

/** Stands between what the model no longer sees and what it does. A separator's text is not read out. */
export function ContextCut() {
  return (
    <p className="cut" role="note">
      {cutSentence(useEngineStatus())}
    </p>
  );
}
