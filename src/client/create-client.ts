import type { QueryClient } from "@tanstack/react-query";
import { turnLockName, holdDuringTurns } from "./session/turn-lock.ts";
import { AppVersion } from "./versions/app-version.ts";
import { isBuildGone } from "./versions/build-presence.ts";
import { createChatTab } from "./session/chat-tab.ts";
import type { ChatSession } from "./session/chat-session.ts";
import type { Client } from "./hooks/client-context.ts";
import type { Locks } from "./tabs/conversation-lock.ts";
import { embeddedModels } from "./models/embedded-models.ts";
import { EngineClient } from "./workers/engine-client.ts";
import { GpuReservation } from "./tabs/gpu-reservation.ts";
import { gpuBudget } from "./tabs/gpu-sharing-rules.ts";
import { requestPersistentStorage } from "./persistent-storage.ts";
import { KvChannel } from "./workers/kv-channel.ts";
import { loadNewestBuild, turnIsStored } from "./versions/newest-build.ts";
import { ModelChoice } from "./models/model-choice.ts";
import { refreshQuality } from "./hooks/quality-queries.ts";
import { refresh } from "./hooks/conversation-queries.ts";
import { refreshUsage } from "./hooks/storage-queries.ts";
import { createStoreClient } from "./workers/store-client.ts";
import { openTabChannel, type TabChannel } from "./tabs/tab-channel.ts";

/** The page's one client. Workers start when they are first needed. `build`: address of the app's entry. */
export function createClient(queries: QueryClient, build: string): Client {
  const link = new KvChannel();
  const channel = openTabChannel();
  const locks = thisLocks();
  const lock = { name: turnLockName(build), locks };
  const finishTurn = () => turnIsStored(tab.session, engine);
  const version = new AppVersion({
    finishTurn,
    letGo: () => store.letGo(),
    loadNewest: () => loadNewestBuild(lock),
    isGone: () => isBuildGone(build),
  });
  const store = createStoreClient({
    onStart: (worker) => {
      void worker.died.then(version.checkIsGone);
      link.storeStarted(worker);
    },
  });
  void store.subscribe(version.databaseBecame);
  const gpu = locks && openGpuReservation(locks, channel, () => engine.giveWay());
  const engine: EngineClient = new EngineClient({
    ...(gpu && { gpu }),
    onStart: (worker) => {
      void worker.died.then(version.checkIsGone);
      link.engineStarted(worker);
    },
    onMeasure: ({ name }) => {
      if (name !== "kv.persist") return;
      channel.post({ type: "kv-changed" });
      void refreshUsage(queries);
    },
  });
  const tab = createChatTab({
    engine,
    store,
    channel,
    locks,
    refusal: version.refusal,
    refresh: (conversationId) => refresh(queries, conversationId),
  });
  holdDuringTurns(tab.session, finishTurn, lock);
  window.addEventListener("vite:preloadError", () => void version.checkIsGone());
  keepUsageFresh(tab.session, channel, queries);
  channel.listen(({ type }) => {
    if (type === "quality-changed") void refreshQuality(queries);
  });
  const modelChoice = new ModelChoice({ engine, embedded: embeddedModels(document.baseURI) });
  return { engine, modelChoice, store, version, ...tab };
}

function keepUsageFresh(session: ChatSession, channel: TabChannel, queries: QueryClient): void {
  let hasAsked = false;
  onTurnEnd(session, async () => {
    // Not before there is something worth keeping, and not again: a browser may ask the user.
    if (!hasAsked) await requestPersistentStorage();
    hasAsked = true;
    await refreshUsage(queries);
  });
  channel.listen(({ type }) => {
    if (type === "kv-changed" || type === "deleted") void refreshUsage(queries);
  });
}

function onTurnEnd(session: ChatSession, told: () => Promise<void>): void {
  let wasAnswering = false;
  session.subscribe(() => {
    const isAnswering = session.answeringIn() !== undefined;
    if (wasAnswering && !isAnswering) void told();
    wasAnswering = isAnswering;
  });
}

function openGpuReservation(
  locks: Locks,
  channel: TabChannel,
  onAsked: () => Promise<void>,
): GpuReservation {
  const { deviceMemory } = navigator as { readonly deviceMemory?: unknown };
  return new GpuReservation({ locks, channel, onAsked, budgetBytes: gpuBudget(deviceMemory) });
}

/** Missing where the page came over plain http. */
const thisLocks = (): Locks | undefined => (navigator as { readonly locks?: Locks }).locks;
