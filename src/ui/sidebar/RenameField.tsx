import { t } from "@lingui/core/macro";
import { useEffect, useRef, type KeyboardEvent } from "react";

interface RenameFieldProps {
  title: string;
  /** Gets the new title; undefined if it is to stay as it is. */
  onEnd: (title: string | undefined) => void;
}

/** The title as a text field, in its row. Enter and leaving the field take the new one, Escape keeps the old one. */
export function RenameField({ title, onEnd }: RenameFieldProps) {
  const field = useRef<HTMLInputElement>(null);
  const isEnded = useRef(false);
  useEffect(() => {
    field.current?.focus();
    field.current?.select();
  }, []);
  const end = (isTaken: boolean) => {
    // Removing the field makes it lose the focus, which would end it a second time.
    if (isEnded.current) return;
    isEnded.current = true;
    const text = field.current?.value.trim() ?? "";
    onEnd(isTaken && text !== "" && text !== title ? text : undefined);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    event.stopPropagation();
    if (event.nativeEvent.isComposing) return;
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    end(event.key === "Enter");
  };
  return (
    <input
      ref={field}
      className="rename"
      dir="auto"
      aria-label={t`Title`}
      defaultValue={title}
      maxLength={1000}
      onKeyDown={onKeyDown}
      onBlur={() => end(true)}
    />
  );
}
