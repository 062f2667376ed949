import type { QueryClient } from "@tanstack/react-query";
import type { DeviceChoice } from "../protocol/engine-api.ts";
import { isSameModel } from "../protocol/model-address.ts";
import type { StoreApi } from "../protocol/store-api.ts";
import type { Client } from "./hooks/client-context.ts";
import { refresh } from "./hooks/conversation-queries.ts";
import { refreshUsage } from "./hooks/storage-queries.ts";
import { rememberLoadedModels } from "./catalogue/loaded-before.ts";
import { ArrivedDownloads } from "./downloads/arrived-downloads.ts";
import { Downloads } from "./downloads/downloads.ts";
import { withRoomForText } from "./downloads/room-for-text.ts";
import { embeddedModels } from "./models/embedded-models.ts";
import { LocalModels } from "./local-files/local-models.ts";
import { leaveForErasure } from "./erasure/erasure.ts";
import { compiledModel } from "./catalogue/compiled-model.ts";
import { ContextSetting } from "./models/context-setting.ts";
import { DeclinedOffer } from "./models/declined-offer.ts";
import { DeviceSetting } from "./models/device-setting.ts";
import { InterruptedLoads } from "./models/interrupted-loads.ts";
import { LearningSetting } from "./models/learning-setting.ts";
import { LostCards } from "./models/lost-cards.ts";
import { ModelChoice } from "./models/model-choice.ts";
import { replyModelOf } from "./models/reply-model.ts";
import { tellIdleTerms } from "./models/tell-idle-terms.ts";
import { Preferences } from "./preferences/preferences.ts";
import { refreshQueriesOnChange } from "./refresh-queries.ts";
import { ContextUse } from "./session/context-use.ts";
import { createChatSettings } from "./settings/chat-settings.ts";
import { createChatTab } from "./session/chat-tab.ts";
import { holdDuringTurns, turnLockName } from "./session/turn-lock.ts";
import type { Locks } from "./tabs/conversation-lock.ts";
import { GpuReservation } from "./tabs/gpu-reservation.ts";
import { gpuBudget } from "./tabs/gpu-sharing-rules.ts";
import { openTabChannel, type TabChannel } from "./tabs/tab-channel.ts";
import { AppVersion } from "./versions/app-version.ts";
import { isBuildGone } from "./versions/build-presence.ts";
import { loadNewestBuild, turnIsStored } from "./versions/newest-build.ts";
import { EngineClient, modelUrl } from "./workers/engine-client.ts";
import { KvChannel } from "./workers/kv-channel.ts";
import { createStoreClient } from "./workers/store-client.ts";

/**
 * The page's one client. Its workers start when they are first needed.
 *
 * @param build address of the app's entry, which differs from build to build
 * @param asked what the page's address asks models to run on
 */
export function createClient(queries: QueryClient, build: string, asked?: DeviceChoice): Client {
  const channel = openTabChannel();
  leaveForErasure(channel);
  const locks = thisLocks();
  const turnLock = { name: turnLockName(build), locks };
  const finishTurn = () => turnIsStored(tab.session, engine);
  const version = new AppVersion({
    finishTurn,
    letGo: () => store.letGo(),
    loadNewest: () => loadNewestBuild(turnLock),
    isGone: () => isBuildGone(build),
  });
  window.addEventListener("vite:preloadError", () => void version.checkIsGone());
  const workers = createWorkers({ version, channel, locks, queries });
  const { engine } = workers;
  const store: StoreApi = withRoomForText(workers.store, () => downloads.dropUnfinished());
  const downloads = new Downloads({ store });
  const tab = createChatTab({
    engine,
    store,
    channel,
    locks,
    refusal: version.refusal,
    model: () =>
      replyModelOf(engine.getSnapshot(), {
        nameOf: (url) => models.modelChoice.nameOf(url),
        revisionOf: (url) =>
          downloads.getSnapshot().find((one) => isSameModel(one.url, url))?.revision,
      }),
    refresh: (conversationId) => refresh(queries, conversationId),
  });
  // The browser tells of what other tabs have kept.
  window.addEventListener("storage", tab.queue.readAgain);
  holdDuringTurns(tab.session, finishTurn, turnLock);
  refreshQueriesOnChange(tab.session, channel, queries);
  const learning = new LearningSetting();
  tellIdleTerms(engine, learning, { document, window });
  const lostCards = new LostCards(engine);
  rememberLoadedModels(engine);
  const models: Models = createModels({ engine, downloads, asked });
  const preferences = new Preferences();
  const own = { chatSettings: createChatSettings(), contextUse: workers.contextUse };
  return { engine, store, version, preferences, learning, lostCards, ...own, ...models, ...tab };
}

interface ModelSurroundings {
  engine: EngineClient;
  downloads: Downloads;
  asked: DeviceChoice | undefined;
}

type Models = Pick<
  Client,
  | "modelChoice"
  | "localModels"
  | "downloads"
  | "arrivedDownloads"
  | "device"
  | "context"
  | "declinedOffer"
>;

/** Which model there is, which there could be, and what was chosen about them. */
function createModels({ engine, downloads, asked }: ModelSurroundings): Models {
  const locks = thisLocks();
  const localModels = new LocalModels({ locks });
  const arrivedDownloads = new ArrivedDownloads(downloads);
  const device = new DeviceSetting(asked);
  const context = new ContextSetting();
  const declinedOffer = new DeclinedOffer();
  const embedded = embeddedModels(document.baseURI);
  const interrupted = new InterruptedLoads({
    engine,
    page: { document, window },
    locks,
    wanted: () => modelChoice.chosen.getSnapshot().wanted,
    embedded,
  });
  const modelChoice: ModelChoice = new ModelChoice({
    engine,
    device,
    embedded,
    local: localModels,
    compiled: compiledModel,
    interrupted,
    context,
    downloadedName: (url) => downloads.getSnapshot().find((one) => one.url === url)?.name,
  });
  const loads = { downloads, arrivedDownloads };
  return { modelChoice, localModels, ...loads, device, context, declinedOffer };
}

interface WorkerSurroundings {
  version: AppVersion;
  channel: TabChannel;
  locks: Locks | undefined;
  queries: QueryClient;
}

/** The engine and the store, with a channel for KV between them whenever both run. */
function createWorkers({ version, channel, locks, queries }: WorkerSurroundings): {
  engine: EngineClient;
  store: StoreApi;
  contextUse: ContextUse;
} {
  const contextUse = new ContextUse();
  const kvChannel = new KvChannel();
  const store = createStoreClient({
    onStart: (worker) => {
      void worker.died.then(version.checkIsGone);
      kvChannel.storeStarted(worker);
    },
  });
  void store.subscribe(version.databaseBecame);
  const gpu = locks && createGpuReservation(locks, channel, () => engine.giveWay());
  const engine: EngineClient = new EngineClient({
    ...(gpu && { gpu }),
    onStart: (worker) => {
      void worker.died.then(version.checkIsGone);
      kvChannel.engineStarted(worker);
    },
    onProgress: (progress) => contextUse.progressed(progress),
    onMeasure: (measure) => {
      contextUse.measured(measure);
      const { name } = measure;
      if (name !== "kv.persist" && name !== "kv.compress") return;
      channel.post({ type: "kv-changed" });
      void refreshUsage(queries);
    },
  });
  let known: string | undefined;
  engine.subscribe(() => {
    const url = modelUrl(engine.getSnapshot());
    if (url !== undefined && url !== known) contextUse.forget();
    known = url ?? known;
  });
  return { engine, store, contextUse };
}

function createGpuReservation(
  locks: Locks,
  channel: TabChannel,
  onAsked: () => Promise<void>,
): GpuReservation {
  const { deviceMemory } = navigator as { readonly deviceMemory?: unknown };
  return new GpuReservation({ locks, channel, onAsked, budgetBytes: gpuBudget(deviceMemory) });
}

/** Web Locks are missing where the page came over plain http. */
const thisLocks = (): LockManager | undefined =>
  (navigator as { readonly locks?: LockManager }).locks;
