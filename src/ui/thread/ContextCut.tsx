import { useEngineStatus } from "../../client/hooks/client-context.ts";
import { cutSentence } from "../conversation/first-in-view.ts";

/** Stands between what the model no longer sees and what it does. A separator's text is not read out. */
export function ContextCut() {
  return (
    <p className="cut" role="note">
      {cutSentence(useEngineStatus())}
    </p>
  );
}
