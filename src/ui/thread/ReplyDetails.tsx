import { t } from "@lingui/core/macro";
import { useState } from "react";
import type { ReplyModel } from "../../protocol/store-api.ts";
import { byteSize } from "../byte-size.ts";

/** Says, to whoever asks, which model wrote a reply. Until then nothing of it is part of the reply's text. */
export function ReplyDetails({ model }: { model: ReplyModel }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details
      className="reply-details"
      onToggle={({ currentTarget }) => setOpen(currentTarget.open)}
    >
      {/* What is seen of it is in the style sheet. */}
      <summary aria-label={t`About this answer`} />
      {isOpen && <ModelFacts model={model} />}
    </details>
  );
}

/** What is stored of a reply's model. */
export function ModelFacts({ model }: { model: ReplyModel }) {
  const { name, url, quantization, revision, weightBytes } = model;
  return (
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
  );
}
