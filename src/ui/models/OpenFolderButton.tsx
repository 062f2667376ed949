import { t } from "@lingui/core/macro";
import { useRef } from "react";
import { pickedFolder, takesFolders } from "../../client/local-files/file-access.ts";
import type { ModelFiles } from "./use-model-files.ts";

interface OpenFolderButtonProps {
  className?: string;
  onFiles: ModelFiles["open"];
}

/** Lets a person pick the folder of a model in MLC's layout. Nothing is shown where the browser has no folders. */
export function OpenFolderButton({ className, onFiles }: OpenFolderButtonProps) {
  const input = useRef<HTMLInputElement>(null);
  if (!takesFolders()) return null;
  return (
    <>
      <button type="button" className={className} onClick={() => input.current?.click()}>
        {t`Open a folder…`}
      </button>
      <input
        ref={(element) => {
          input.current = element;
          if (element) element.webkitdirectory = true;
        }}
        type="file"
        hidden
        onChange={({ currentTarget }) => {
          const files = [...(currentTarget.files ?? [])];
          // The same folder can be picked again.
          currentTarget.value = "";
          if (files.length > 0) onFiles(Promise.resolve(pickedFolder(files)));
        }}
      />
    </>
  );
}
