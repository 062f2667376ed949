import { t } from "@lingui/core/macro";
import { useEngineProgress } from "../../client/hooks/client-context.ts";
import type { EngineStatus } from "../../protocol/engine-api.ts";
import { statusSentence } from "./status-sentence.ts";
import { useLasting } from "./use-lasting.ts";
import { type Waiting, waitingFor } from "./waiting.ts";

interface StatusLineProps {
  conversationId: string;
  status: EngineStatus;
  /** What the model is called that is being loaded; undefined for "the model". */
  name: string | undefined;
  /** A question about the model is on screen. Whoever does not see it hears of it here. */
  isModelAsked: boolean;
}

/** Says what a person waits for in a conversation, and how far that is. */
export function StatusLine({ conversationId, status, name, isModelAsked }: StatusLineProps) {
  const waiting = waitingFor(status, useEngineProgress(conversationId), name);
  // A prompt or a restoration is mostly over at once, and would be one flicker and one announcement.
  const isLasting = useLasting(waiting.phase);
  const isSaid = status.phase === "loading" || waiting.phase === undefined || isLasting;
  return <StatusWords {...{ status, isModelAsked }} waiting={isSaid ? waiting : undefined} />;
}

/** The phases in which there is something to know before a message is sent. */
const SHOWN: ReadonlySet<EngineStatus["phase"]> = new Set(["recovering", "elsewhere"]);

interface StatusWordsProps extends Pick<StatusLineProps, "status" | "isModelAsked"> {
  waiting: Waiting | undefined;
}

/**
 * The phase is a live region, and the figures beside it are not: nobody wants to hear each of them. The region is always
 * in the document, because one that appears together with its text is not read out.
 */
export function StatusWords({ status, isModelAsked, waiting }: StatusWordsProps) {
  const { phase, detail, bar } = waiting ?? {};
  const isToldOfTemplate = status.phase === "ready" && status.model.templateFault !== undefined;
  const isShown = phase !== undefined || SHOWN.has(status.phase) || isToldOfTemplate;
  const sentence = phase ?? statusSentence(status);
  return (
    <div className="status">
      {bar && <progress aria-hidden value={bar.value} max={bar.max} />}
      <p role="status" aria-label={t`Model`} className={isShown ? undefined : "visually-hidden"}>
        {isModelAsked ? t`The page asks which model to load.` : sentence}
      </p>
      {detail !== undefined && <span className="status-detail">{detail}</span>}
    </div>
  );
}
