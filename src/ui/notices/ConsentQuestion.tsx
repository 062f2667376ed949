import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { type ReactNode, useId } from "react";
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
  const path = pathname.replace(/^\/|\/$/g, "");
  const isBlocked = question.about === "blocked-host";
  const size = question.about === "size" ? byteSize(question.bytes) : undefined;
  return (
    <section className="consent" aria-labelledby={titleId}>
      <h2 id={titleId}>
        <Title host={host} isBlocked={isBlocked} size={size} />
      </h2>
      <p>
        <Trans>
          The address of this page names a model that is not part of it: <code>{path}</code>
        </Trans>
      </p>
      {advice && !isBlocked && <p>{adviceSentence(advice)}</p>}
      <p className="terms">
        {terms(question.about)} {t`What you write stays in this tab, whichever model answers.`}
      </p>
      <div className="actions">
        <button type="button" onClick={() => onDecide(false)}>
          {t`Use Pip instead`}
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
            {size === undefined ? t`Download` : t`Download ${size}`}
          </button>
        )}
      </div>
    </section>
  );
}

interface TitleProps {
  host: string;
  isBlocked: boolean;
  size: string | undefined;
}

function Title({ host, isBlocked, size }: TitleProps): ReactNode {
  if (isBlocked)
    return (
      <Trans>
        No model can be loaded from <strong>{host}</strong>
      </Trans>
    );
  if (size === undefined)
    return (
      <Trans>
        Download a model from <strong>{host}</strong>?
      </Trans>
    );
  return (
    <Trans>
      Download {size} from <strong>{host}</strong>?
    </Trans>
  );
}

/** What saying yes means, or why one cannot. */
function terms(about: DownloadQuestion["about"]): string {
  switch (about) {
    case "host":
      return t`Nothing has been fetched from there yet. If more than ${{ size: byteSize(UNASKED_BYTES) }} would have to come, you are asked again.`;
    case "size":
      return t`Only its description has been fetched so far. This browser keeps the model for the next time.`;
    case "blocked-host":
      return t`This page fetches models from its own address and from huggingface.co, and from nowhere else.`;
  }
}
