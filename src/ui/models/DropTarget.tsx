import { t } from "@lingui/core/macro";
import { useEffect, useRef, useState } from "react";
import { droppedFiles } from "../../client/local-files/file-access.ts";
import type { ModelFiles } from "./use-model-files.ts";

/**
 * Takes files that are dropped anywhere on the page: models, and texts. Without it the browser would leave the page for the file. What else
 * is dragged, as text into the message, is left to the browser.
 */
export function DropTarget({ onFiles }: { onFiles: ModelFiles["open"] }) {
  const [isDragged, setDragged] = useState(false);
  const take = useRef(onFiles);
  useEffect(() => {
    take.current = onFiles;
  });
  useEffect(() => {
    const listeners = new AbortController();
    const { signal } = listeners;
    const onDrag = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      if (event.dataTransfer) event.dataTransfer.dropEffect = "copy";
      setDragged(true);
    };
    window.addEventListener("dragenter", onDrag, { signal });
    window.addEventListener("dragover", onDrag, { signal });
    window.addEventListener(
      "dragleave",
      // Where the pointer leaves the window there is nothing that it enters.
      ({ relatedTarget }) => {
        if (relatedTarget === null) setDragged(false);
      },
      { signal },
    );
    window.addEventListener(
      "drop",
      (event) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        setDragged(false);
        take.current(droppedFiles(event.dataTransfer?.items ?? []));
      },
      { signal },
    );
    return () => listeners.abort();
  }, []);
  if (!isDragged) return null;
  return (
    <div className="drop-target" aria-hidden>
      <p>
        <strong>{t`Drop text files to attach them, or a model to chat with it`}</strong>
        <span>{t`A model is one .gguf file, all parts of one, or a folder in MLC's format.`}</span>
        <span>{t`Everything stays on this device.`}</span>
      </p>
    </div>
  );
}

const hasFiles = ({ dataTransfer }: DragEvent): boolean =>
  dataTransfer?.types.includes("Files") ?? false;
