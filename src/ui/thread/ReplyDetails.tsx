import { t } from "@lingui/core/macro";
import { Info } from "lucide-react";
import { useState } from "react";
import type { ReplyFigures } from "../../protocol/reply-figures.ts";
import type { ReplyModel } from "../../protocol/store-api.ts";
import { byteSize } from "../byte-size.ts";
import { figureFacts } from "./figure-facts.ts";

interface ReplyDetailsProps {
  model: ReplyModel | undefined;
  figures: ReplyFigures | undefined;
}

/** Says, to whoever asks, what a reply took and which model wrote it. Until then nothing of it is in the reply's text. */
export function ReplyDetails({ model, figures }: ReplyDetailsProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details
      className="reply-details"
      onToggle={({ currentTarget }) => setOpen(currentTarget.open)}
    >
      <summary aria-label={t`About this answer`} title={t`About this answer`}>
        <Info aria-hidden size="1.125em" />
      </summary>
      {isOpen && <ReplyFacts model={model} figures={figures} />}
    </details>
  );
}

/** What is stored of a reply besides its text. */
export function ReplyFacts({ model, figures }: ReplyDetailsProps) {
  return (
    <>
      <dl>
        {figures &&
          figureFacts(figures).map(({ name, value }) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        {model && <ModelFacts model={model} />}
      </dl>
      {figures?.resumed && (
        <p className="hint">
          {t`What reading again would have taken is predicted from how fast this device has read prompts so far.`}
        </p>
      )}
    </>
  );
}

function ModelFacts({ model }: { model: ReplyModel }) {
  const { name, url, quantization, revision, weightBytes } = model;
  return (
    <>
      <div>
        <dt>{t`Answered by`}</dt>
        <dd translate="no">{name}</dd>
      </div>
      <div>
        <dt>{t`Weights`}</dt>
        <dd translate="no">
          {quantization}, {byteSize(weightBytes)}
        </dd>
      </div>
      <div>
        <dt>{t`Address`}</dt>
        <dd translate="no">{url}</dd>
      </div>
      {revision !== undefined && (
        <div>
          <dt>{t`Revision`}</dt>
          <dd translate="no">{revision}</dd>
        </div>
      )}
    </>
  );
}
