import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useId } from "react";

interface InterruptedLoadQuestionProps {
  /** What the model is called. */
  name: string;
  /** Yes tries the model once more; no takes the one that is part of the page. */
  onDecide: (isAgreed: boolean) => void;
  /** Opens the choice of models. */
  onChoose: () => void;
}

/** Says that the last visit ended while a model was loaded, and offers what will not end it again. */
export function InterruptedLoadQuestion({
  name,
  onDecide,
  onChoose,
}: InterruptedLoadQuestionProps) {
  const titleId = useId();
  return (
    <section className="consent" aria-labelledby={titleId}>
      <h2 id={titleId}>
        <Trans>
          The page ended while it loaded <strong>{name}</strong>
        </Trans>
      </h2>
      <p className="terms">
        {t`Most likely this device has too little memory for it. Your conversations are as they were. Pip and smaller models need less.`}
      </p>
      <div className="actions">
        <button type="button" onClick={() => onDecide(true)}>
          {t`Try again`}
        </button>
        <button type="button" onClick={onChoose}>
          {t`Choose a smaller model`}
        </button>
        <button type="button" className="primary" onClick={() => onDecide(false)}>
          {t`Use Pip instead`}
        </button>
      </div>
    </section>
  );
}
