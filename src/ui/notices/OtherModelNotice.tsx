import { t } from "@lingui/core/macro";
import { byteSize } from "../byte-size.ts";

interface OtherModelNoticeProps {
  /** What the model is called that wrote the last answer. */
  before: string;
  /** What the model is called that would write the next one. */
  now: string;
  /** What a download of the earlier model takes, if its weights are gone; undefined if they are here. */
  downloadBytes: number | undefined;
  onContinue: () => void;
  onGoOn: () => void;
}

/** Says that another model would answer than the one that has answered so far. */
export function OtherModelNotice(props: OtherModelNoticeProps) {
  const { before, now, downloadBytes, onContinue, onGoOn } = props;
  const size = downloadBytes === undefined ? undefined : byteSize(downloadBytes);
  return (
    <section className="keep" aria-label={t`Model of this conversation`}>
      <p role="status">
        {size === undefined
          ? t`${before} wrote the last answer here. The next one would be by ${now}.`
          : t`${before} wrote the last answer here, and is not on this device any more (${size}). The next one would be by ${now}.`}
      </p>
      <span className="choices">
        <button type="button" onClick={onContinue}>
          {size === undefined ? t`Continue with ${before}` : t`Download ${before} again (${size})`}
        </button>
        <button type="button" onClick={onGoOn}>
          {t`Go on with ${now}`}
        </button>
      </span>
    </section>
  );
}
