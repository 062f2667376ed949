import { useId } from "react";
import type { ModelQuestion } from "../../client/models/model-choice.ts";
import { OpenFileButton } from "./OpenFileButton.tsx";
import type { ModelFiles } from "./use-model-files.ts";

export type FileQuestionAbout = Extract<
  ModelQuestion["about"],
  "file-permission" | "file-denied" | "file-changed" | "file-gone"
>;

interface FileQuestionProps {
  about: FileQuestionAbout;
  /** The file's name. */
  name: string;
  onDecide: (isAgreed: boolean) => void;
  onFiles: ModelFiles["open"];
}

/** Says why the model file of the last visit is not open again, and what can be done. */
export function FileQuestion({ about, name, onDecide, onFiles }: FileQuestionProps) {
  const titleId = useId();
  const [title, text] = WORDS[about];
  return (
    <section className="consent" aria-labelledby={titleId}>
      <h2 id={titleId}>
        {title[0]}
        <strong>{name}</strong>
        {title[1]}
      </h2>
      <p className="terms">{text}</p>
      <div className="actions">
        <button type="button" onClick={() => onDecide(false)}>
          Use Pip instead
        </button>
        {about === "file-permission" ? (
          <button type="button" className="primary" onClick={() => onDecide(true)}>
            Open it
          </button>
        ) : (
          <OpenFileButton className="primary" onFiles={onFiles} />
        )}
      </div>
    </section>
  );
}

/** For each question its title, around the file's name, and what it means. */
const WORDS: Readonly<Record<FileQuestionAbout, readonly [readonly [string, string], string]>> = {
  "file-permission": [
    ["Open ", " again?"],
    "The model of your last visit is a file on this device. The browser asks before the page may read it again.",
  ],
  "file-denied": [
    ["", " may not be read"],
    "The model of your last visit is a file on this device, and the browser has not allowed the page to read it again. Opening it anew allows it.",
  ],
  "file-changed": [
    ["", " has changed"],
    "The model of your last visit is a file on this device, and it is another one now. Open it anew to chat with what it holds today.",
  ],
  "file-gone": [
    ["", " cannot be found"],
    "The model of your last visit is a file on this device. It was moved, renamed or deleted.",
  ],
};
