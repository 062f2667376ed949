import { t } from "@lingui/core/macro";
import { useRef } from "react";
import { filePicker } from "../../client/local-files/file-access.ts";
import type { ModelFiles } from "./use-model-files.ts";

interface OpenFileButtonProps {
  className?: string;
  onFiles: ModelFiles["open"];
}

/** Lets a person pick model files. Where the browser can, in a way that finds them again at the next visit. */
export function OpenFileButton({ className, onFiles }: OpenFileButtonProps) {
  const input = useRef<HTMLInputElement>(null);
  const pick = () => {
    const picker = filePicker();
    if (picker) void pickWith(picker, onFiles);
    else input.current?.click();
  };
  return (
    <>
      <button type="button" className={className} onClick={pick}>
        {t`Open a model file…`}
      </button>
      <input
        ref={input}
        type="file"
        accept=".gguf"
        multiple
        hidden
        onChange={({ currentTarget }) => {
          const files = [...(currentTarget.files ?? [])].map((file) => ({ file }));
          // The same file can be picked again.
          currentTarget.value = "";
          if (files.length > 0) onFiles(Promise.resolve(files));
        }}
      />
    </>
  );
}

async function pickWith(
  picker: NonNullable<ReturnType<typeof filePicker>>,
  onFiles: ModelFiles["open"],
): Promise<void> {
  try {
    const files = await picker();
    onFiles(Promise.resolve(files));
  } catch (error) {
    // A person who closes the picker wants nothing opened.
    if (!(error instanceof DOMException && error.name === "AbortError")) reportError(error);
  }
}
