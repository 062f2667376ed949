import { t } from "@lingui/core/macro";
import { FileText, Pencil, X } from "lucide-react";
import type { QueuedMessage } from "../../client/session/send-queue.ts";
import { IconButton } from "../IconButton.tsx";

interface QueuedMessagesProps {
  queued: readonly QueuedMessage[];
  /** Takes a message out of the queue, and puts it back into the text field. */
  onEdit: (id: string) => void;
  onRemove: (id: string) => void;
  /** Sends those that wait for the person. Absent while nothing can be sent. */
  onSend: (() => void) | undefined;
}

/** The messages that wait to be sent, above the text field. */
export function QueuedMessages({ queued, onEdit, onRemove, onSend }: QueuedMessagesProps) {
  if (queued.length === 0) return null;
  const isHeld = queued.some((message) => message.isHeld);
  return (
    <section className="queued" aria-label={t`Queued messages`}>
      <header>
        <p className="hint" role="status">
          {isHeld
            ? t`Not sent yet, because the answer before was stopped or interrupted`
            : t`Sent when the model is free`}
        </p>
        {isHeld && (
          <button type="button" disabled={!onSend} onClick={onSend}>
            {t`Send now`}
          </button>
        )}
      </header>
      <ul>
        {queued.map(({ id, text, files }) => (
          <li key={id}>
            <div>
              {text !== "" && <p dir="auto">{text}</p>}
              {files?.names.map((name, i) => (
                <p key={i} className="file">
                  <FileText aria-hidden size="1.125em" /> <bdi translate="no">{name}</bdi>
                </p>
              ))}
            </div>
            <IconButton icon={Pencil} label={t`Edit queued message`} onClick={() => onEdit(id)} />
            <IconButton icon={X} label={t`Remove queued message`} onClick={() => onRemove(id)} />
          </li>
        ))}
      </ul>
    </section>
  );
}
