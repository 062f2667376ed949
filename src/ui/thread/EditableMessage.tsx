import { t } from "@lingui/core/macro";
import { useRef, useState } from "react";
import type { Versions } from "../../client/session/message-path.ts";
import type { MessageRecord } from "../../protocol/store-api.ts";
import { EditMessage } from "./EditMessage.tsx";
import { Message } from "./Message.tsx";
import type { ThreadActions } from "./Thread.tsx";
import { VersionSwitch } from "./VersionSwitch.tsx";

interface EditableMessageProps {
  message: MessageRecord;
  /** The reply is being written right now. */
  isGrowing: boolean;
  /** Absent where there is only one. */
  versions: Versions | undefined;
  /** Absent while the model is busy. */
  actions: ThreadActions | undefined;
}

/** A message with what can be done with it: to change one's own words, and to go to another version. */
export function EditableMessage({ message, isGrowing, versions, actions }: EditableMessageProps) {
  const [isEdited, setIsEdited] = useState(false);
  const editButton = useRef<HTMLButtonElement>(null);
  const close = () => {
    setIsEdited(false);
    // The form is gone. The button is there again once the page is drawn.
    requestAnimationFrame(() => editButton.current?.focus());
  };
  const isOwn = message.role === "user";
  if (isEdited)
    return (
      <EditMessage
        text={message.text}
        onSend={actions && ((text) => actions.edit(message, text))}
        onClose={close}
      />
    );
  return (
    <div className={isOwn ? "said by-user" : "said"}>
      <Message message={message} isGrowing={isGrowing} />
      {(isOwn || versions) && (
        <div className="message-actions">
          {versions && <VersionSwitch versions={versions} onShow={actions?.showVersion} />}
          {isOwn && (
            <button
              ref={editButton}
              type="button"
              disabled={!actions}
              onClick={() => setIsEdited(true)}
            >
              {t`Edit`}
            </button>
          )}
        </div>
      )}
    </div>
  );
}
