import { t } from "@lingui/core/macro";
import { ArrowUp, ListPlus, Square } from "lucide-react";
import { type KeyboardEvent, type RefObject, useEffect } from "react";
import { AttachButton } from "../attachments/AttachButton.tsx";
import { takePaste } from "../attachments/take-paste.ts";
import type { DraftFilesState } from "../attachments/use-draft-files.ts";
import type { ComposerState } from "../conversation/composer-state.ts";
import { focusForTyping } from "../focus-for-typing.ts";
import { IconButton } from "../IconButton.tsx";
import { sends } from "../preferences/enter-key.ts";
import { typedDirection } from "../typed-direction.ts";
import { useEscape } from "../use-escape.ts";

interface ComposerProps {
  text: string;
  state: ComposerState;
  input: RefObject<HTMLTextAreaElement | null>;
  onChange: (text: string) => void;
  /** There is something to send besides the text. */
  hasFiles: boolean;
  onAttach: DraftFilesState["attach"];
  onAttachText: DraftFilesState["attachText"];
  onSend: () => void;
  /** Has the text sent once the model is free. */
  onQueue: () => void;
  onStop: () => void;
  onTakeOver: () => void;
  /** Whether Enter alone sends; else it makes a new line. */
  enterSends?: boolean;
}

export function Composer(props: ComposerProps) {
  const { text, state, input, hasFiles, onChange, onSend, onQueue, onStop, onTakeOver } = props;
  const { enterSends = true } = props;
  useEffect(() => focusForTyping(input.current), [input]);
  const canSend = state.is === "ready" && (hasFiles || !isBlank(text));
  const canQueue = waits(state) && (hasFiles || !isBlank(text));
  const send = () => {
    if (!canSend && !canQueue) return;
    if (canSend) onSend();
    else onQueue();
    // The button that was pressed is gone.
    focusForTyping(input.current);
  };
  const stop = () => {
    onStop();
    focusForTyping(input.current);
  };
  const takeOver = () => {
    onTakeOver();
    focusForTyping(input.current);
  };
  useEscape(state.is === "answering", stop);
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (!sends(event.nativeEvent, enterSends)) return;
    event.preventDefault();
    send();
  };
  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <AttachButton onAttach={props.onAttach} />
      <textarea
        ref={input}
        dir={typedDirection(text)}
        aria-label={t`Message`}
        placeholder={t`Write a message`}
        enterKeyHint={enterSends ? "send" : "enter"}
        rows={1}
        value={text}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={onKeyDown}
        onPaste={(event) => takePaste(event, props)}
      />
      {waits(state) && (
        <IconButton
          icon={ListPlus}
          label={t`Send when the model is free`}
          disabled={!canQueue}
          onClick={send}
        />
      )}
      <Action state={state} canSend={canSend} onStop={stop} onTakeOver={takeOver} />
    </form>
  );
}

interface ActionProps extends Pick<ComposerProps, "state" | "onStop" | "onTakeOver"> {
  canSend: boolean;
}

/** The button for what can be done now. The form does the sending. */
function Action({ state, canSend, onStop, onTakeOver }: ActionProps) {
  switch (state.is) {
    case "answering":
      return (
        <IconButton key="stop" className="primary" icon={Square} label={t`Stop`} onClick={onStop} />
      );
    case "other-tab":
      return (
        <button key="take-over" type="button" disabled={state.takingOver} onClick={onTakeOver}>
          {t`Take over`}
        </button>
      );
    case "ready":
    case "answering-elsewhere":
    case "model-question":
      return (
        <IconButton
          key="send"
          type="submit"
          className="primary"
          icon={ArrowUp}
          label={t`Send`}
          disabled={!canSend}
        />
      );
  }
}

/** Whether the model is free again by and by, so that a message can be queued. */
const waits = ({ is }: ComposerState): boolean =>
  is === "answering" || is === "answering-elsewhere";

const isBlank = (text: string): boolean => text.trim() === "";
