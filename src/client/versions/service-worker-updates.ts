/** The part of `ServiceWorker` that is used here. A test brings its own. */
export interface AppWorker extends EventTarget {
  readonly state: ServiceWorkerState;
  postMessage(message: unknown): void;
}

/** The part of `ServiceWorkerRegistration` that is used here. */
export interface AppRegistration extends EventTarget {
  readonly installing: AppWorker | null;
  readonly waiting: AppWorker | null;
  update(): Promise<unknown>;
}

/** The part of `ServiceWorkerContainer` that is used here. */
export interface AppWorkers extends EventTarget {
  readonly controller: AppWorker | null;
  getRegistration(): Promise<AppRegistration | undefined>;
}

/** Calls `onFound` whenever a newer build than the one that this page came from can be loaded. */
export function watchForNewerBuild(
  registration: AppRegistration,
  onFound: () => void,
  workers: AppWorkers = navigator.serviceWorker,
): void {
  // The very first service worker replaces none, so it brings no newer build.
  const look = () => {
    if (registration.waiting && workers.controller) onFound();
  };
  look();
  registration.addEventListener("updatefound", () =>
    registration.installing?.addEventListener("statechange", look),
  );
  let hadController = workers.controller !== null;
  workers.addEventListener("controllerchange", () => {
    // Another tab has loaded the newer build already.
    if (hadController) onFound();
    hadController = true;
  });
}

/** How long to wait for the server and the service worker. The page is reloaded even if they never answer. */
const WAKE_MS = 10_000;

/** Makes the newest build answer the next load, if there is a service worker. Never rejects. */
export async function wakeNewestBuild(
  workers: AppWorkers | undefined = thisWorkers(),
  limitMs = WAKE_MS,
): Promise<void> {
  const late = new Promise<void>((resolve) => setTimeout(resolve, limitMs));
  // A failure most likely means that there is no network, and then nothing newer can be loaded.
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

/** Resolves when the worker has reached this state or a later one. The last one is `redundant`. */
function hasBecome(worker: AppWorker, state: ServiceWorkerState): Promise<void> {
  const isThere = () => STATES.indexOf(worker.state) >= STATES.indexOf(state);
  return new Promise((resolve) => {
    if (isThere()) resolve();
    else worker.addEventListener("statechange", () => isThere() && resolve());
  });
}

/** `navigator.serviceWorker` is missing where the page came over plain http. */
const thisWorkers = () => (navigator as { readonly serviceWorker?: AppWorkers }).serviceWorker;
