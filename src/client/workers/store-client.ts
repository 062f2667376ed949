import { fail } from "../../protocol/errors.ts";
import type { DatabasePhase, StoreApi } from "../../protocol/store-api.ts";
import { newId } from "../new-id.ts";
import { scriptUrl } from "./script-urls.ts";
import { connectWorker, type WorkerConnection } from "./worker-connection.ts";

interface StoreClientOptions {
  spawn?: () => WorkerConnection<StoreApi>;
  /** Called with every worker that was started. */
  onStart?: (connection: WorkerConnection<StoreApi>) => void;
}

/** The store as the page sees it: after its worker's death the next call starts another. */
export function createStoreClient({
  spawn = spawnStore,
  onStart,
}: StoreClientOptions = {}): StoreApi {
  let connection: WorkerConnection<StoreApi> | undefined;
  let onPhase: (phase: DatabasePhase) => void = () => undefined;
  const connect = () => {
    const started = spawn();
    void started.died.then(() => {
      if (connection === started) connection = undefined;
    });
    // Workers that start later report the database's phase to the same listener.
    void started.api.subscribe((phase) => onPhase(phase));
    onStart?.(started);
    return started;
  };
  const store = () => (connection ??= connect()).api;
  return {
    subscribe: (listener) => {
      onPhase = listener;
      return Promise.resolve();
    },
    letGo: () => store().letGo(),
    serveKv: (port) => store().serveKv(port),
    usage: () => store().usage(),
    setLimit: (limitBytes) => store().setLimit(limitBytes),
    quality: () => store().quality(),
    setQuality: (level, conversationId) => store().setQuality(level, conversationId),
    takeRemovalNotice: () => store().takeRemovalNotice(),
    clearKv: () => store().clearKv(),
    throttleReads: (throttle) => store().throttleReads(throttle),
    conversations: () => store().conversations(),
    messages: (conversationId) => store().messages(conversationId),
    appendMessage: (message) => store().appendMessage(message),
    updateMessage: (id, change) => store().updateMessage(id, change),
    setHead: (conversationId, headId) => store().setHead(conversationId, headId),
    changeConversation: (id, change) => store().changeConversation(id, change),
    discardConversations: (ids) => store().discardConversations(ids),
    restoreConversations: (ids) => store().restoreConversations(ids),
    copyConversation: (id, title) => store().copyConversation(id, title),
    search: (query) => store().search(query),
    exportText: (request) => store().exportText(request),
    withdrawMessage: (conversationId, messageId) =>
      store().withdrawMessage(conversationId, messageId),
    forkConversation: (request) => store().forkConversation(request),
    importText: (file) => store().importText(file),
    deleteConversation: (id) => store().deleteConversation(id),
  };
}

function spawnStore(): WorkerConnection<StoreApi> {
  const name = `rekindle.store.${newId()}`;
  const worker = new Worker(scriptUrl("store"), { type: "module", name });
  return connectWorker<StoreApi>(worker, {
    kind: "store",
    lifeLock: name,
    answers: {
      subscribe: () => undefined,
      letGo: () => undefined,
      serveKv: () => undefined,
      usage: fail,
      setLimit: fail,
      quality: fail,
      setQuality: fail,
      takeRemovalNotice: fail,
      clearKv: fail,
      throttleReads: fail,
      conversations: fail,
      messages: fail,
      appendMessage: fail,
      updateMessage: fail,
      setHead: fail,
      changeConversation: fail,
      withdrawMessage: fail,
      forkConversation: fail,
      discardConversations: fail,
      restoreConversations: fail,
      copyConversation: fail,
      search: fail,
      exportText: fail,
      importText: fail,
      deleteConversation: fail,
    },
    keepsCallback: ["subscribe"],
  });
}
