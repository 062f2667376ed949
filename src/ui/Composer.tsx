import { type KeyboardEvent, type RefObject, useEffect } from "react";
import { focusForTyping } from "./focus-for-typing.ts";
import type { Floor } from "./use-conversation.ts";

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
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    const intent = intentOf(event);
    if (intent === "type") return;
    event.preventDefault();
    if (intent === "send") send();
    else if (floor === "here") onStop();
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

function intentOf(event: KeyboardEvent): "type" | "send" | "stop" {
  if (isComposing(event.nativeEvent)) return "type";
  if (event.key === "Escape") return "stop";
  return event.key === "Enter" && !event.shiftKey ? "send" : "type";
}

/** Safari ends a composition before the Enter that ended it; the old key code still tells. */
function isComposing(event: { isComposing: boolean; keyCode?: number }): boolean {
  return event.isComposing || event.keyCode === 229;
}
