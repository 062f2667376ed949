import { i18n } from "@lingui/core";
import { t } from "@lingui/core/macro";
import type { MarkdownWords } from "../../protocol/store-api.ts";

/** The words of an exported Markdown file, in the page's language. */
export const markdownWords = (): MarkdownWords => ({
  user: t`You`,
  assistant: t`Assistant`,
  reasoning: t`Reasoning`,
  untitled: t`Untitled`,
  locale: i18n.locale,
});
