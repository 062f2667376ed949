/** What we use of the browser's interfaces, so that a test needs none of them. */
export interface AppWorker extends EventTarget {
  readonly state: ServiceWorkerState;
  postMessage(message: unknown): void;
}

export interface AppRegistration extends EventTarget {
  readonly installing: AppWorker | null;
  readonly waiting: AppWorker | null;
  update(): Promise<unknown>;
}

export interface AppWorkers extends EventTarget {
  readonly controller: AppWorker | null;
  getRegistration(): Promise<AppRegistration | undefined>;
}

/** Tells whenever a newer build than the one this page came from is ready to be loaded. */
export function watchForNewerBuild(
  registration: AppRegistration,
  onFound: () => void,
  workers: AppWorkers = navigator.serviceWorker,
): void {
  // The first worker there ever is brings no newer build: it has none before it.
  const look = () => {
    if (registration.waiting && workers.controller) onFound();
  };
  look();
  registration.addEventListener("updatefound", () =>
    registration.installing?.addEventListener("statechange", look),
  );
  let hadController = workers.controller !== null;
  workers.addEventListener("controllerchange", () => {
    // Another tab has the newer build already.
    if (hadController) onFound();
    hadController = true;
  });
}

/** A server or a worker that does not answer keeps nobody from reloading. */
const WAKE_MS = 10_000;

/** Have the newest build answer the next load, if there is a service worker. Never rejects. */
export async function wakeNewestBuild(
  workers: AppWorkers | undefined = thisWorkers(),
  limitMs = WAKE_MS,
): Promise<void> {
  const late = new Promise<void>((resolve) => setTimeout(resolve, limitMs));
  // Without a network there is nothing newer to be had.
  await Promise.race([wake(workers).catch(() => undefined), late]);
}

async function wake(workers: AppWorkers | undefined): Promise<void> {
  const registration = await workers?.getRegistration();
  if (!registration) return;
  await registration.update().catch(() => undefined);
  const newest = registration.installing ?? registration.waiting;
  if (!newest) return;
  await hasBecome(newest, "installed");
  newest.postMessage({ type: "SKIP_WAITING" });
  await hasBecome(newest, "activated");
}

const STATES: readonly ServiceWorkerState[] = [
  "parsed",
  "installing",
  "installed",
  "activating",
  "activated",
  "redundant",
];

/** Resolves when the worker has come that far, or can come no further. */
function hasBecome(worker: AppWorker, state: ServiceWorkerState): Promise<void> {
  const isThere = () => STATES.indexOf(worker.state) >= STATES.indexOf(state);
  return new Promise((resolve) => {
    if (isThere()) resolve();
    else worker.addEventListener("statechange", () => isThere() && resolve());
  });
}

/** Missing where the page came over plain http. */
const thisWorkers = () => (navigator as { readonly serviceWorker?: AppWorkers }).serviceWorker;
