import { useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { OpenRequest } from "../../protocol/engine-api.ts";
import type { QualityLevel } from "../../protocol/quality.ts";
import { useClient, type Client } from "./client-context.ts";
import { HoverIntent } from "./hover-intent.ts";
import { begunAt, promptFor, shownPath } from "../session/message-path.ts";
import { readConversationQuality } from "./quality-queries.ts";
import { conversationsQuery, messagesQuery } from "./conversation-queries.ts";

/** How long a pointer or the focus rests on a link before it counts as more than passing by. */
const REST_MS = 80;

/** The events of a conversation's link by which it is decided what to prefetch. */
export interface Prefetching {
  /** The link is pointed at or focused. If that lasts, the conversation is prefetched. */
  hover: (conversationId: string) => void;
  /** The link is pressed, and the conversation is prefetched at once. */
  press: (conversationId: string) => void;
  /** The link is left. A prefetch that has not begun never will. */
  leave: (conversationId: string) => void;
}

/** What the page's address asks for, in place of what the user chose. */
interface PrefetchOptions {
  quality?: QualityLevel | undefined;
}

/**
 * Reads the conversation that may be opened next, and has the engine restore its KV. Nothing is prefetched while a
 * turn is running, and no conversation that another tab writes.
 *
 * @param openId the conversation that is open
 */
export function usePrefetch(openId: string, options: PrefetchOptions): Prefetching {
  const client = useClient();
  const queries = useQueryClient();
  const [intent] = useState(() => new HoverIntent());
  // Another conversation was opened: the one whose link was pointed at, or a different one.
  useEffect(() => () => intent.end(), [intent, openId]);
  const schedule = (conversationId: string, restMs: number) => {
    if (conversationId === openId) return;
    intent.begin(conversationId, restMs, (signal) =>
      prefetch({ client, queries, conversationId, options }, signal),
    );
  };
  return {
    hover: (conversationId) => schedule(conversationId, REST_MS),
    press: (conversationId) => schedule(conversationId, 0),
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
  // If it cannot be read, the reason is shown when it is opened.
  const request = await readRequest(prefetched).catch(() => undefined);
  // While it was read, a turn may have begun, or the link may have been left.
  if (request && isFree() && !signal.aborted) await engine.prefetch(request);
}

/** The request that opening the conversation would make; undefined if it would make none. */
async function readRequest({
  client,
  queries,
  conversationId,
  options: { quality },
}: Prefetched): Promise<OpenRequest | undefined> {
  const { access, store } = client;
  const [isElsewhere, messages, level, records] = await Promise.all([
    access.isWrittenElsewhere(conversationId),
    queries.query(messagesQuery(store, conversationId)),
    quality ?? readConversationQuality(store, queries, conversationId),
    queries.query({ ...conversationsQuery(store), staleTime: Infinity }),
  ]);
  if (isElsewhere || messages.length === 0) return undefined;
  const path = shownPath(messages);
  const { settings } = records.find(({ id }) => id === conversationId) ?? {};
  return {
    conversationId,
    messages: promptFor(path, { systemPrompt: settings?.systemPrompt }),
    begunAtMs: begunAt(path),
    quality: level,
  };
}
