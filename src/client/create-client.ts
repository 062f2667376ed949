import type { QueryClient } from "@tanstack/react-query";
import { ChatSession } from "./chat-session.ts";
import type { Client } from "./client-context.ts";
import { EngineClient } from "./engine-client.ts";
import { refresh } from "./queries.ts";
import { createStoreClient } from "./store-client.ts";

/** The page's one client. Workers start when they are first needed. */
export function createClient(queries: QueryClient): Client {
  const engine = new EngineClient();
  const store = createStoreClient();
  const onStored = (conversationId: string) => refresh(queries, conversationId);
  return { engine, store, session: new ChatSession({ engine, store, onStored }) };
}
