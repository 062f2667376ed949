import { t } from "@lingui/core/macro";
interface LostCardNoticeProps {
  onUseProcessor: () => void;
  onDismiss: () => void;
}

/** Offers the processor where the graphics card was lost again and again. */
export function LostCardNotice({ onUseProcessor, onDismiss }: LostCardNoticeProps) {
  return (
    <section className="keep" aria-label={t`Graphics card lost`}>
      <p role="status">
        {t`The graphics card was lost twice in this visit. The processor is slower, and does not get lost. Your conversations go on there.`}
      </p>
      <span className="choices">
        <button type="button" onClick={onUseProcessor}>
          {t`Use the processor`}
        </button>
        <button type="button" onClick={onDismiss}>
          {t`Not now`}
        </button>
      </span>
    </section>
  );
}
