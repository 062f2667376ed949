import { t } from "@lingui/core/macro";
import type { EngineStatus } from "../../protocol/engine-api.ts";
import { statusSentence } from "./status-sentence.ts";

interface StatusLineProps {
  status: EngineStatus;
  /** What the model is called that is being loaded; undefined for "the model". */
  name: string | undefined;
  /** A question about the model is on screen. Whoever does not see it hears of it here. */
  isModelAsked: boolean;
}

/** The phases in which there is something to wait for, or to know before a message is sent. */
const SHOWN: ReadonlySet<EngineStatus["phase"]> = new Set(["loading", "recovering", "elsewhere"]);

/** The status is always in the document, because a live region that appears together with its text is not read out. */
export function StatusLine({ status, name, isModelAsked }: StatusLineProps) {
  const isToldOfTemplate = status.phase === "ready" && status.model.templateFault !== undefined;
  const isQuiet = !SHOWN.has(status.phase) && !isToldOfTemplate;
  return (
    <div className={isQuiet ? "status visually-hidden" : "status"}>
      {status.phase === "loading" && status.totalBytes > 0 && (
        <progress aria-hidden value={status.loadedBytes} max={status.totalBytes} />
      )}
      <p role="status" aria-label={t`Model`}>
        {isModelAsked ? t`The page asks which model to load.` : statusSentence(status, name)}
      </p>
    </div>
  );
}
