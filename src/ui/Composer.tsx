import { type KeyboardEvent, type RefObject, useEffect } from "react";
import { focusForTyping } from "./focus-for-typing.ts";
import type { Floor } from "./use-conversation.ts";
import { useEscape } from "./use-escape.ts";

interface ComposerProps {
  text: string;
  /** Whether the model is free, answering here, or in another conversation. */
  floor: Floor["is"];
  input: RefObject<HTMLTextAreaElement | null>;
  onChange: (text: string) => void;
  onSend: () => void;
  onStop: () => void;
}

export function Composer({ text, floor, input, onChange, onSend, onStop }: ComposerProps) {
  useEffect(() => focusForTyping(input.current), [input]);
  const canSend = floor === "free" && !isBlank(text);
  const send = () => {
    if (!canSend) return;
    onSend();
    // The pressed button is gone.
    focusForTyping(input.current);
  };
  const stop = () => {
    onStop();
    focusForTyping(input.current);
  };
  useEscape(floor === "here", stop);
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (!sends(event)) return;
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
      <textarea
        ref={input}
        aria-label="Message"
        placeholder="Write a message"
        enterKeyHint="send"
        rows={1}
        value={text}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={onKeyDown}
      />
      {floor === "here" ? (
        <button key="stop" type="button" className="primary" onClick={stop}>
          Stop
        </button>
      ) : (
        <button key="send" type="submit" className="primary" disabled={!canSend}>
          Send
        </button>
      )}
    </form>
  );
}

const isBlank = (text: string): boolean => text.trim() === "";

function sends(event: KeyboardEvent): boolean {
  return event.key === "Enter" && !event.shiftKey && !isComposing(event.nativeEvent);
}

/** Safari ends a composition before the Enter that ended it; the old key code still tells. */
function isComposing(event: { isComposing: boolean; keyCode?: number }): boolean {
  return event.isComposing || event.keyCode === 229;
}
