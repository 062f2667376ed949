import type { Prefetching } from "../../client/hooks/use-prefetch.ts";
import type { ConversationRecord } from "../../protocol/store-api.ts";
import { ConversationList } from "./ConversationList.tsx";

const nothing = () => undefined;

const QUIET: Prefetching = { hover: nothing, press: nothing, leave: nothing };

/** A list in which conversation "two" is open, and of which nothing is done. */
export const listOf = (conversations: readonly ConversationRecord[], prefetching = QUIET) => (
  <ConversationList
    conversations={conversations}
    openId="two"
    prefetching={prefetching}
    selection={{ ids: undefined, begin: nothing, toggle: nothing, end: nothing }}
    fallback={{ current: null }}
    onOpen={nothing}
    changes={{ rename: nothing, duplicate: nothing, pin: nothing, remove: nothing, error: null }}
  />
);
