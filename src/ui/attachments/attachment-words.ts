import { i18n } from "@lingui/core";
import { plural, t } from "@lingui/core/macro";
import type { AttachmentRefusal } from "../../client/attachments/read-text-file.ts";
import type { TextSize } from "../../client/attachments/text-size.ts";
import { MAX_ATTACHED_CHARACTERS, MAX_ATTACHMENTS } from "../../protocol/attachments.ts";
import { byteSize } from "../byte-size.ts";
import { isolated } from "../isolated.ts";

/** How large a file is, for a person and for the model. */
export function sizeWords({ bytes, tokens, isCounted = false }: TextSize): string {
  const size = byteSize(bytes);
  const about = isCounted
    ? plural(tokens, { one: "# token", other: "# tokens" })
    : plural(rounded(tokens), { one: "about # token", other: "about # tokens" });
  return t`${size}, ${about}`;
}

/** An estimate has two digits that mean something. */
function rounded(count: number): number {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, count))) - 1);
  return Math.round(count / step) * step;
}

/** Why a file is not attached. */
export function refusalWords({ why, name: fileName }: AttachmentRefusal): string {
  const name = isolated(fileName);
  switch (why) {
    case "not-text":
      return t`“${name}” is no text file. Only texts can be attached.`;
    case "empty":
      return t`“${name}” is empty.`;
    case "too-large": {
      const most = byteSize(MAX_ATTACHED_CHARACTERS);
      return t`“${name}” is too large: the files of a message may have ${most} of text.`;
    }
    case "too-many":
      return t`“${name}” is not attached: a message may have ${MAX_ATTACHMENTS} files, and as much text as a model can read.`;
    case "unreadable":
      return t`“${name}” could not be read.`;
  }
}

/** Says that a message is too long for the model; undefined where it seems to fit. */
export function fitWords({ tokens }: TextSize, contextTokens: number | undefined) {
  if (contextTokens === undefined || tokens <= contextTokens) return undefined;
  const about = i18n.number(rounded(tokens));
  const most = i18n.number(contextTokens);
  return t`This message has about ${about} tokens, and the model reads ${most} at once. It may be refused.`;
}
