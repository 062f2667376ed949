import { t } from "@lingui/core/macro";
import { Check, Copy, GitFork, Pencil, RefreshCw, X } from "lucide-react";
import type { RefObject } from "react";
import type { Versions } from "../../client/session/message-path.ts";
import type { MessageRecord } from "../../protocol/store-api.ts";
import { IconButton } from "../IconButton.tsx";
import { type Copying, useCopying } from "../use-copying.ts";
import type { ThreadActions } from "./Thread.tsx";
import { VersionSwitch } from "./VersionSwitch.tsx";

interface MessageActionsProps {
  message: MessageRecord;
  /** Absent where there is only one. */
  versions: Versions | undefined;
  /** Absent while the model is busy. */
  actions: ThreadActions | undefined;
  /** The message is the last one, so that it can be answered again. */
  isLast: boolean;
  /** The button that a person comes back to after an edit. */
  editButton: RefObject<HTMLButtonElement | null>;
  onEdit: () => void;
}

/** What can be done with a message, in a row below it. */
export function MessageActions(props: MessageActionsProps) {
  const { message, versions, actions, isLast, editButton, onEdit } = props;
  return (
    <div className={isLast ? "message-actions is-last" : "message-actions"}>
      {message.text !== "" && <CopyMessage text={message.text} />}
      {message.role === "user" && (
        <IconButton
          ref={editButton}
          icon={Pencil}
          label={t`Edit`}
          disabled={!actions}
          onClick={onEdit}
        />
      )}
      {(!actions || actions.fork) && (
        <IconButton
          icon={GitFork}
          label={t`Fork into a new conversation`}
          disabled={!actions}
          onClick={() => actions?.fork?.(message.id)}
        />
      )}
      {versions && <VersionSwitch versions={versions} onShow={actions?.showVersion} />}
      {isLast && actions && (
        <IconButton
          icon={RefreshCw}
          label={t`Regenerate`}
          onClick={() => {
            actions.regenerate();
          }}
        />
      )}
    </div>
  );
}

const COPY_ICONS = { idle: Copy, copied: Check, refused: X };

/** Copies a message as it was written, an answer in Markdown. */
function CopyMessage({ text }: { text: string }) {
  const { state, copy } = useCopying();
  return (
    <>
      <IconButton icon={COPY_ICONS[state]} label={t`Copy`} onClick={() => copy(text)} />
      <span role="status" className="visually-hidden">
        {copiedWords(state)}
      </span>
    </>
  );
}

function copiedWords(state: Copying): string {
  if (state === "idle") return "";
  return state === "copied" ? t`Copied` : t`The browser does not allow copying`;
}
