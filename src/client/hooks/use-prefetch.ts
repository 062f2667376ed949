import { useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { OpenRequest } from "../../protocol/engine-api.ts";
import type { QualityLevel } from "../../protocol/quality.ts";
import { useClient, type Client } from "./client-context.ts";
import { HoverIntent } from "./hover-intent.ts";
import { promptFor, shownPath } from "../session/message-path.ts";
import { readConversationQuality } from "./quality-queries.ts";
import { messagesQuery } from "./conversation-queries.ts";

/** How long a pointer, or the focus, stays where it does not merely pass. */
const REST_MS = 80;

/** What becomes of a conversation's link. */
export interface Prefetching {
  /** It is pointed at or focused: if that lasts, the conversation is prefetched. */
  hover: (conversationId: string) => void;
  /** It is pressed: the conversation is prefetched at once. */
  press: (conversationId: string) => void;
  /** It is left. */
  leave: (conversationId: string) => void;
}

/** How conversations are opened, where it is not as the user chose. */
interface PrefetchOptions {
  quality?: QualityLevel | undefined;
}

/**
 * Reads a conversation that may be opened next, and has the engine bring back its KV. Not while a turn
 * is running, and not what another tab writes.
 *
 * @param openId the conversation that is open
 */
export function usePrefetch(openId: string, options: PrefetchOptions): Prefetching {
  const client = useClient();
  const queries = useQueryClient();
  const [intent] = useState(() => new HoverIntent());
  // What was pending has happened, or something else has.
  useEffect(() => () => intent.end(), [intent, openId]);
  const open = (conversationId: string, restMs: number) => {
    if (conversationId === openId) return;
    intent.begin(conversationId, restMs, (signal) =>
      prefetch({ client, queries, conversationId, options }, signal),
    );
  };
  return {
    hover: (conversationId) => open(conversationId, REST_MS),
    press: (conversationId) => open(conversationId, 0),
    leave: (conversationId) => intent.end(conversationId),
  };
}

interface Prefetched {
  client: Client;
  queries: QueryClient;
  conversationId: string;
  options: PrefetchOptions;
}

async function prefetch(prefetched: Prefetched, signal: AbortSignal): Promise<void> {
  const { engine, session } = prefetched.client;
  const isFree = () =>
    engine.getSnapshot().phase === "ready" && session.answeringIn() === undefined;
  if (!isFree()) return;
  // Why it could not be read is said when it is opened.
  const request = await readRequest(prefetched).catch(() => undefined);
  // Meanwhile something else may have begun.
  if (request && isFree() && !signal.aborted) await engine.prefetch(request);
}

/** As the conversation would be opened; undefined if it would not. */
async function readRequest({
  client,
  queries,
  conversationId,
  options: { quality },
}: Prefetched): Promise<OpenRequest | undefined> {
  const { access, store } = client;
  const [isElsewhere, messages, level] = await Promise.all([
    access.isWrittenElsewhere(conversationId),
    queries.query(messagesQuery(store, conversationId)),
    quality ?? readConversationQuality(store, queries, conversationId),
  ]);
  if (isElsewhere || messages.length === 0) return undefined;
  return {
    conversationId,
    messages: promptFor(shownPath(messages)),
    quality: level,
  };
}
