import { createContext, useContext, useSyncExternalStore } from "react";
import type { EngineStatus } from "../protocol/engine-api.ts";
import type { StoreApi } from "../protocol/store-api.ts";
import type { ChatSession } from "./chat-session.ts";
import type { ChatState } from "./chat-state.ts";
import type { EngineClient } from "./engine-client.ts";

/** Everything the user interface has of the workers. */
export interface Client {
  engine: EngineClient;
  store: StoreApi;
  session: ChatSession;
}

export const ClientContext = createContext<Client | undefined>(undefined);

export function useClient(): Client {
  const client = useContext(ClientContext);
  if (!client) throw new Error("invariant: no ClientContext above");
  return client;
}

export function useEngineStatus(): EngineStatus {
  const { engine } = useClient();
  return useSyncExternalStore(engine.subscribe, engine.getSnapshot);
}

export function useChatState(conversationId: string): ChatState {
  const { session } = useClient();
  return useSyncExternalStore(session.subscribe, () => session.stateOf(conversationId));
}

/** The conversation that is being answered in, if any: elsewhere nothing can be sent meanwhile. */
export function useAnsweringIn(): string | undefined {
  const { session } = useClient();
  return useSyncExternalStore(session.subscribe, session.answeringIn);
}
