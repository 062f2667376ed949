import { t } from "@lingui/core/macro";
import { useState, type KeyboardEvent } from "react";
import { sends, useEnterSends } from "../preferences/enter-key.ts";

interface EditMessageProps {
  text: string;
  /** The message has files, and may be without text. */
  hasFiles: boolean;
  /** Absent while the model is busy. Resolves with true once the new text is stored. */
  onSend: ((text: string) => Promise<boolean>) | undefined;
  onClose: () => void;
}

/** The text of a message that was sent, to be sent anew. What was written first stays, as another version. */
export function EditMessage({ text: before, hasFiles, onSend, onClose }: EditMessageProps) {
  const [text, setText] = useState(before);
  const enterSends = useEnterSends();
  const canSend = onSend !== undefined && (hasFiles || text.trim() !== "");
  const send = async () => {
    if (!canSend) return;
    // A text that could not be stored stays here.
    if (await onSend(text.trim())) onClose();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // Escape and Enter may be an input method's.
    if (event.key === "Escape" && !event.nativeEvent.isComposing) {
      event.stopPropagation();
      onClose();
    } else if (sends(event.nativeEvent, enterSends)) {
      event.preventDefault();
      void send();
    }
  };
  return (
    <form
      className="edit"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <textarea
        dir="auto"
        aria-label={t`Your message`}
        value={text}
        rows={3}
        autoFocus
        onChange={(event) => setText(event.target.value)}
        enterKeyHint={enterSends ? "send" : "enter"}
        onKeyDown={onKeyDown}
      />
      <p className="hint">{t`The message and its answer stay, as another version.`}</p>
      <div>
        <button type="button" onClick={onClose}>
          {t`Cancel`}
        </button>
        <button type="submit" className="primary" disabled={!canSend}>
          {t`Send`}
        </button>
      </div>
    </form>
  );
}
