import { t } from "@lingui/core/macro";
import { useState } from "react";
import { fileSize } from "../../client/attachments/text-size.ts";
import type { Attachment } from "../../protocol/attachments.ts";
import { AttachmentLabel } from "../attachments/AttachmentLabel.tsx";
import { byteSize } from "../byte-size.ts";
import { LongText } from "./LongText.tsx";

/** The files of a message that was sent. */
export function SentFiles({ attachments }: { attachments: readonly Attachment[] }) {
  return (
    <ul className="attachments" aria-label={t`Attached files`}>
      {attachments.map((attachment, i) => (
        // The files of a message never change.
        <li key={i}>
          <SentFile attachment={attachment} />
        </li>
      ))}
    </ul>
  );
}

/** A file, folded until somebody wants to read it. */
function SentFile({ attachment }: { attachment: Attachment }) {
  const { name, text } = attachment;
  const [isOpen, setOpen] = useState(false);
  return (
    <details
      className="sent-attachment"
      onToggle={({ currentTarget }) => setOpen(currentTarget.open)}
    >
      <summary className="attachment">
        <AttachmentLabel name={name} size={byteSize(fileSize(attachment).bytes)} />
      </summary>
      {isOpen && (
        <div className="content" role="region" aria-label={name} tabIndex={0}>
          <LongText text={text}>
            {(shown) => (
              <p className="plain" dir="auto">
                {shown}
              </p>
            )}
          </LongText>
        </div>
      )}
    </details>
  );
}
