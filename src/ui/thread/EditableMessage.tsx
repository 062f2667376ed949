import { memo, useRef, useState } from "react";
import type { Versions } from "../../client/session/message-path.ts";
import type { MessageRecord } from "../../protocol/store-api.ts";
import { IsNear } from "../markdown/is-near.ts";
import { EditMessage } from "./EditMessage.tsx";
import { SHOWN_CHARACTERS } from "./LongText.tsx";
import { Message } from "./Message.tsx";
import { MessageActions } from "./MessageActions.tsx";
import type { ThreadActions } from "./Thread.tsx";
import { useIsNear } from "./use-is-near.ts";

interface EditableMessageProps {
  message: MessageRecord;
  /** The reply is being written right now. */
  isGrowing: boolean;
  isLast: boolean;
  /** It is among those that are drawn before all others, which may be far from the window. */
  isFirstShown: boolean;
  /** Absent where there is only one. */
  versions: Versions | undefined;
  /** Absent while the model is busy. */
  actions: ThreadActions | undefined;
}

/**
 * A message with what can be done with it, or one's own words while they are changed. It is memoised: of a long
 * conversation only the messages are drawn again that have changed.
 */
export const EditableMessage = memo(function EditableMessage(props: EditableMessageProps) {
  const { message, isGrowing, isLast, isFirstShown, versions, actions } = props;
  const element = useRef<HTMLDivElement>(null);
  const isNear = useIsNear(element, isFirstShown);
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
    <div
      ref={element}
      className={isOwn ? "said by-user" : "said"}
      data-message-id={message.id}
      style={{ containIntrinsicBlockSize: `auto ${String(aboutRem(message.text))}rem` }}
    >
      <IsNear value={isNear}>
        <Message message={message} isGrowing={isGrowing} />
      </IsNear>
      {/* While a reply grows the row is there and empty, so that nothing moves when it has ended. */}
      {isGrowing || !isNear ? (
        <div className="message-actions" />
      ) : (
        <MessageActions
          {...{ message, versions, actions, isLast, editButton }}
          onEdit={() => setIsEdited(true)}
        />
      )}
    </div>
  );
});

/** Letters of a line, as wide as texts are. */
const LINE_LETTERS = 75;

/** How tall a message may be that was never laid out, in rem: as many lines as its letters take, and its buttons. */
const aboutRem = ({ length }: string): number =>
  4 + 1.625 * Math.ceil(Math.min(length, SHOWN_CHARACTERS) / LINE_LETTERS);
