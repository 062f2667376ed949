import { t } from "@lingui/core/macro";
import type { ConversationRecord } from "../../protocol/store-api.ts";

/** The title, or words in its place: a link without any text could not be seen or read out. */
export const displayTitle = ({ title }: Pick<ConversationRecord, "title">): string =>
  title.trim() === "" ? t`Untitled` : title;
