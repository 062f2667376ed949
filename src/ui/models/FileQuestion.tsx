import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { type ReactNode, useId } from "react";
import type { ModelQuestion } from "../../client/models/model-choice.ts";
import { OpenFileButton } from "./OpenFileButton.tsx";
import { OpenFolderButton } from "./OpenFolderButton.tsx";
import type { ModelFiles } from "./use-model-files.ts";

export type FileQuestionAbout = Extract<
  ModelQuestion["about"],
  "file-permission" | "folder-again" | "file-denied" | "file-changed" | "file-gone"
>;

interface FileQuestionProps {
  about: FileQuestionAbout;
  /** The file's name, or the folder's. */
  name: string;
  onDecide: (isAgreed: boolean) => void;
  onFiles: ModelFiles["open"];
}

/** Says why the model file of the last visit is not open again, and what can be done. */
export function FileQuestion({ about, name, onDecide, onFiles }: FileQuestionProps) {
  const titleId = useId();
  return (
    <section className="consent" aria-labelledby={titleId}>
      <h2 id={titleId}>
        <Title about={about} name={name} />
      </h2>
      <p className="terms">{meaning(about)}</p>
      <div className="actions">
        <button type="button" onClick={() => onDecide(false)}>
          {t`Use Pip instead`}
        </button>
        {about === "file-permission" && (
          <button type="button" className="primary" onClick={() => onDecide(true)}>
            {t`Open it`}
          </button>
        )}
        {about === "folder-again" && <OpenFolderButton className="primary" onFiles={onFiles} />}
        {about !== "file-permission" && about !== "folder-again" && (
          <OpenFileButton className="primary" onFiles={onFiles} />
        )}
      </div>
    </section>
  );
}

function Title({ about, name }: Pick<FileQuestionProps, "about" | "name">): ReactNode {
  switch (about) {
    case "file-permission":
    case "folder-again":
      return (
        <Trans>
          Open <strong>{name}</strong> again?
        </Trans>
      );
    case "file-denied":
      return (
        <Trans>
          <strong>{name}</strong> may not be read
        </Trans>
      );
    case "file-changed":
      return (
        <Trans>
          <strong>{name}</strong> has changed
        </Trans>
      );
    case "file-gone":
      return (
        <Trans>
          <strong>{name}</strong> cannot be found
        </Trans>
      );
  }
}

function meaning(about: FileQuestionAbout): string {
  switch (about) {
    case "file-permission":
      return t`The model of your last visit is a file on this device. The browser asks before the page may read it again.`;
    case "folder-again":
      return t`The model of your last visit is a folder on this device, which the browser does not remember. Open it again to go on.`;
    case "file-denied":
      return t`The model of your last visit is a file on this device, and the browser has not allowed the page to read it again. Opening it anew allows it.`;
    case "file-changed":
      return t`The model of your last visit is a file on this device, and it is another one now. Open it anew to chat with what it holds today.`;
    case "file-gone":
      return t`The model of your last visit is a file on this device. It was moved, renamed or deleted.`;
  }
}
