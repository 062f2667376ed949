import { useId } from "react";
import type { ProcessorAdvice } from "../../client/models/processor-advice.ts";
import type { ModelQuestion } from "../../client/models/model-choice.ts";
import { UNASKED_BYTES } from "../../client/models/model-consent.ts";
import { byteSize } from "../byte-size.ts";
import { adviceSentence } from "./advice-sentence.ts";

/** The questions about a model that the page's address names. */
export type DownloadQuestion = Extract<ModelQuestion, { about: "host" | "size" | "blocked-host" }>;

interface ConsentQuestionProps {
  question: DownloadQuestion;
  /** How the model will run here, as far as it is known. */
  advice?: ProcessorAdvice | undefined;
  onDecide: (isAgreed: boolean) => void;
}

/** Asks before a model that the page's address names is downloaded. One can go on typing meanwhile. */
export function ConsentQuestion({ question, advice, onDecide }: ConsentQuestionProps) {
  const titleId = useId();
  // A link may be written to deceive. Here the host is shown without a name before an @, and with the letters of
  // other scripts as "xn--".
  const { host, pathname } = new URL(question.url);
  const isBlocked = question.about === "blocked-host";
  const size = question.about === "size" ? byteSize(question.bytes) : undefined;
  return (
    <section className="consent" aria-labelledby={titleId}>
      <h2 id={titleId}>
        {isBlocked ? "No model can be loaded from " : `Download ${size ?? "a model"} from `}
        <strong>{host}</strong>
        {!isBlocked && "?"}
      </h2>
      <p>
        The address of this page names a model that is not part of it:{" "}
        <code>{pathname.replace(/^\/|\/$/g, "")}</code>
      </p>
      {advice && !isBlocked && <p>{adviceSentence(advice)}</p>}
      <p className="terms">
        {TERMS[question.about]} What you write stays in this tab, whichever model answers.
      </p>
      <div className="actions">
        <button type="button" onClick={() => onDecide(false)}>
          Use Pip instead
        </button>
        {!isBlocked && (
          <button
            type="button"
            className="primary"
            onClick={({ detail }) => {
              // A double click must not answer the next question too, which appears in the same place.
              if (detail < 2) onDecide(true);
            }}
          >
            {size === undefined ? "Download" : `Download ${size}`}
          </button>
        )}
      </div>
    </section>
  );
}

/** What saying yes means, or why one cannot. */
const TERMS: Readonly<Record<DownloadQuestion["about"], string>> = {
  host: `Nothing has been fetched from there yet. If more than ${byteSize(UNASKED_BYTES)} would have to come, you are asked again.`,
  size: "Only its description has been fetched so far. This browser keeps the model for the next time.",
  "blocked-host":
    "This page fetches models from its own address and from huggingface.co, and from nowhere else.",
};
