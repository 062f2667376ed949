import { plural, t } from "@lingui/core/macro";
import type { FileRefusal } from "../../client/local-files/model-files.ts";
import { plainName } from "../../client/models/plain-name.ts";

/** Why files were not taken, and what would be, for a person. */
export function refusalSentence(refusal: FileRefusal): string {
  switch (refusal.is) {
    case "nothing":
      return t`There was no file in what was dropped. Drop a model file, whose name ends in .gguf.`;
    case "other-kind":
      return t`“${{ name: plainName(refusal.name) }}” is no model file. Only GGUF files can be opened here; their names end in .gguf.`;
    case "several-models":
      return t`These files are several models. Open one model at a time, or all parts of one.`;
    case "no-model-folder":
      return t`The folder “${{ name: plainName(refusal.name) }}” holds no model: there is no mlc-chat-config.json in it. A .gguf file is opened by itself.`;
    case "missing-parts":
      return missingParts(refusal);
    case "no-gguf":
      return t`“${{ name: plainName(refusal.name) }}” is called .gguf, but its content is something else. It may be damaged or not fully downloaded.`;
    case "unreadable":
      return t`“${{ name: plainName(refusal.name) }}” cannot be read. It may be a folder, or it was moved or deleted.`;
  }
}

function missingParts({ parts, found }: Extract<FileRefusal, { is: "missing-parts" }>): string {
  const are = plural(found, { one: "# is", other: "# are" });
  return t`This model has ${parts} parts, of which ${are} here. Open all of them together.`;
}
