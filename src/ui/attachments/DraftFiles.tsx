import { t } from "@lingui/core/macro";
import { X } from "lucide-react";
import { fileSize, messageSize } from "../../client/attachments/text-size.ts";
import type { Attachment } from "../../protocol/attachments.ts";
import { IconButton } from "../IconButton.tsx";
import { AttachmentLabel } from "./AttachmentLabel.tsx";
import { fitWords, refusalWords, sizeWords } from "./attachment-words.ts";
import { useCountedTokens } from "./use-counted-tokens.ts";
import type { DraftFilesState } from "./use-draft-files.ts";

interface DraftFilesProps {
  files: DraftFilesState;
  /** What is written beside the files. */
  text: string;
  /** What the model reads at once; undefined while there is no model. */
  contextTokens: number | undefined;
  /** The model answers. Files are counted when it has answered. */
  isAnswering: boolean;
  /** Called when a file was removed, with whose button the focus is gone. */
  onRemoved: () => void;
}

/** The files that the message will bring along when it is sent. */
export function DraftFiles({
  files,
  text,
  contextTokens,
  isAnswering,
  onRemoved,
}: DraftFilesProps) {
  const { attachments, refusals } = files;
  const countedTokens = useCountedTokens(attachments, isAnswering);
  const tooLong =
    attachments.length > 0
      ? fitWords(messageSize({ text, attachments }, countedTokens), contextTokens)
      : undefined;
  return (
    <>
      {attachments.length > 0 && (
        <ul className="attachments" aria-label={t`Attached files`}>
          {attachments.map((attachment, i) => (
            <DraftFile
              key={`${String(i)} ${attachment.name}`}
              attachment={attachment}
              countedTokens={countedTokens(attachment)}
              onRemove={() => {
                files.remove(attachment);
                onRemoved();
              }}
            />
          ))}
        </ul>
      )}
      {tooLong !== undefined && <p className="attachments-note">{tooLong}</p>}
      <div role="status" aria-label={t`Files that are not attached`} className="attachments-note">
        {refusals.map((refusal) => (
          <p key={`${refusal.name} ${refusal.why}`}>{refusalWords(refusal)}</p>
        ))}
        {refusals.length > 0 && (
          <IconButton icon={X} label={t`Dismiss`} onClick={files.dismissRefusals} />
        )}
      </div>
    </>
  );
}

interface DraftFileProps {
  attachment: Attachment;
  countedTokens: number | undefined;
  onRemove: () => void;
}

function DraftFile({ attachment, countedTokens, onRemove }: DraftFileProps) {
  const { name } = attachment;
  const size = fileSize(attachment);
  const isCounted = countedTokens !== undefined;
  const shown = { ...size, tokens: countedTokens ?? size.tokens, isCounted };
  return (
    <li className="attachment">
      <AttachmentLabel name={name} size={sizeWords(shown)} />
      <IconButton icon={X} label={t`Remove “${name}”`} onClick={onRemove} />
    </li>
  );
}
