import { t } from "@lingui/core/macro";
import { type SyntheticEvent, useId, useState } from "react";
import { modelByAddress, type TypedAddress } from "../../client/catalogue/model-by-address.ts";
import { OpenFileButton } from "../models/OpenFileButton.tsx";
import { OpenFolderButton } from "../models/OpenFolderButton.tsx";
import type { ModelFiles } from "../models/use-model-files.ts";

interface ElsewhereSectionProps {
  onStart: (request: { url: string; name: string }) => void;
  onFiles: ModelFiles["open"];
}

/** A model that is not in the catalogue: by its address, or from the disk. */
export function ElsewhereSection({ onStart, onFiles }: ElsewhereSectionProps) {
  const titleId = useId();
  const fieldId = useId();
  const hintId = useId();
  const [text, setText] = useState("");
  const [refusal, setRefusal] = useState<string | undefined>(undefined);
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    const typed = modelByAddress(text, location.origin);
    setRefusal(refusalOf(typed));
    if (typed.is !== "model") return;
    onStart({ url: typed.url, name: typed.name });
    setText("");
  };
  return (
    <section aria-labelledby={titleId} className="elsewhere">
      <h3 id={titleId}>{t`From elsewhere`}</h3>
      <form onSubmit={submit} noValidate>
        <label htmlFor={fieldId}>{t`Address of a model at Hugging Face`}</label>
        <div className="address">
          <input
            id={fieldId}
            type="text"
            dir="ltr"
            inputMode="url"
            autoComplete="off"
            spellCheck={false}
            placeholder="mlc-ai/SmolLM2-360M-Instruct-q4f16_1-MLC"
            aria-describedby={hintId}
            aria-invalid={refusal !== undefined}
            value={text}
            onChange={({ target }) => setText(target.value)}
          />
          <button type="submit">{t`Download`}</button>
        </div>
        <p id={hintId} role={refusal === undefined ? undefined : "alert"}>
          {refusal ?? t`A repository in MLC's format, or a GGUF file.`}
        </p>
      </form>
      <div className="from-disk">
        <OpenFileButton onFiles={onFiles} />
        <OpenFolderButton onFiles={onFiles} />
      </div>
    </section>
  );
}

/** Why nothing is downloaded from what was typed; undefined where something is. */
function refusalOf(typed: TypedAddress): string | undefined {
  switch (typed.is) {
    case "model":
      return undefined;
    case "nothing":
      return t`Type or paste an address first.`;
    case "no-address":
      return t`This is not the address of a model: it should be a repository, such as “user/model”, or a file that ends in .gguf.`;
    case "other-host":
      return t`This page fetches models from its own address and from huggingface.co only. Download the file from ${{ host: typed.host }} yourself, and open it from disk.`;
  }
}
