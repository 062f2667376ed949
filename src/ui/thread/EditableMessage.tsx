import { useRef, useState } from "react";
import type { Versions } from "../../client/session/message-path.ts";
import type { MessageRecord } from "../../protocol/store-api.ts";
import { EditMessage } from "./EditMessage.tsx";
import { Message } from "./Message.tsx";
import { MessageActions } from "./MessageActions.tsx";
import type { ThreadActions } from "./Thread.tsx";

interface EditableMessageProps {
  message: MessageRecord;
  /** The reply is being written right now. */
  isGrowing: boolean;
  isLast: boolean;
  /** Absent where there is only one. */
  versions: Versions | undefined;
  /** Absent while the model is busy. */
  actions: ThreadActions | undefined;
}

/** A message with what can be done with it, or one's own words while they are changed. */
export function EditableMessage(props: EditableMessageProps) {
  const { message, isGrowing, isLast, versions, actions } = props;
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
        hasFiles={message.attachments !== undefined}
        onSend={actions && ((text) => actions.edit(message, text))}
        onClose={close}
      />
    );
  return (
    <div className={isOwn ? "said by-user" : "said"} data-message-id={message.id}>
      <Message message={message} isGrowing={isGrowing} />
      {/* While a reply grows the row is there and empty, so that nothing moves when it has ended. */}
      {isGrowing ? (
        <div className="message-actions" />
      ) : (
        <MessageActions
          {...{ message, versions, actions, isLast, editButton }}
          onEdit={() => setIsEdited(true)}
        />
      )}
    </div>
  );
}
