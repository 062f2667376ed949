import { t } from "@lingui/core/macro";
import type { ReplyModel } from "../../protocol/store-api.ts";
import { byteSize } from "../byte-size.ts";

/** Says, to whoever asks, which model wrote a reply. */
export function ReplyDetails({ model }: { model: ReplyModel }) {
  const { name, url, quantization, revision, weightBytes } = model;
  return (
    <details className="reply-details">
      {/* What is seen of it is in the style sheet, so that it is no part of the reply. */}
      <summary aria-label={t`About this answer`} />
      <dl>
        <dt>{t`Answered by`}</dt>
        <dd>{name}</dd>
        <dt>{t`Weights`}</dt>
        <dd>
          {quantization}, {byteSize(weightBytes)}
        </dd>
        <dt>{t`Address`}</dt>
        <dd>{url}</dd>
        {revision !== undefined && (
          <>
            <dt>{t`Revision`}</dt>
            <dd>{revision}</dd>
          </>
        )}
      </dl>
    </details>
  );
}
