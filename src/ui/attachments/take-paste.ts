import type { ClipboardEvent } from "react";
import type { DraftFilesState } from "./use-draft-files.ts";

/** A longer text becomes a file. A text field lays out all of its text at each key, which takes seconds for a book. */
const MOST_PASTED_CHARACTERS = 4000;

interface Takers {
  onAttach: DraftFilesState["attach"];
  onAttachText: DraftFilesState["attachText"];
}

/** Attaches what is pasted where that is files or a long text. A short text is left to the browser. */
export function takePaste(event: ClipboardEvent, { onAttach, onAttachText }: Takers): void {
  const { clipboardData } = event;
  const text = clipboardData.getData("text/plain");
  const files = [...clipboardData.files];
  // Some programs put a picture of a text beside it.
  const isText = text !== "";
  if (isText ? text.length <= MOST_PASTED_CHARACTERS : files.length === 0) return;
  event.preventDefault();
  if (isText) onAttachText(text.replace(/\r\n?/g, "\n"));
  else onAttach(files);
}
