import { ObservableValue } from "../observable-value.ts";
import type { EngineFailure } from "../../protocol/errors.ts";
import type { DatabasePhase } from "../../protocol/store-api.ts";

/** How this page, which is one build of the app, relates to the other builds that exist. */
export type Version =
  | { is: "current" }
  /** A newer build can be loaded. This one keeps working until then. */
  | { is: "superseded"; isReloading: boolean }
  /** This build is newer, and waits for an older one in another tab; `isLong` once that has taken a while. */
  | { is: "waiting"; isLong: boolean }
  /** A newer build has taken the database, or files that this one had yet to load. */
  | { is: "outdated"; isReloading: boolean };

interface AppVersionOptions {
  /** Resolves when no turn runs in this tab and what it made is stored. */
  finishTurn: () => Promise<void>;
  /** Leaves the database to a newer build. */
  letGo: () => Promise<void>;
  /** Loads the page anew, as its newest build. Resolves when that has begun. */
  loadNewest: () => Promise<void>;
  /** Whether the server has another build in this one's place. */
  isGone: () => Promise<boolean>;
}

/** How long a newer build waits for an older one before the page says what can be done about it. */
const LONG_WAIT_MS = 15_000;

const CURRENT: Version = { is: "current" };

/** What the page knows of its own version, from the database, the service worker and the server. */
export class AppVersion {
  readonly #options: AppVersionOptions;
  readonly #version = new ObservableValue<Version>(CURRENT);
  #phase: DatabasePhase = "current";
  #isWaitLong = false;
  #waiting: ReturnType<typeof setTimeout> | undefined;
  #isNewerFound = false;
  #isIncomplete = false;
  #isReloading = false;

  constructor(options: AppVersionOptions) {
    this.#options = options;
  }

  readonly getSnapshot = this.#version.getSnapshot;

  readonly subscribe = this.#version.subscribe;

  /** Why no turn may begin now; undefined if one may. */
  readonly refusal = (): EngineFailure | undefined =>
    this.#phase === "leaving" || this.#phase === "outdated" ? { code: "outdated" } : undefined;

  readonly databaseBecame = (phase: DatabasePhase): void => {
    this.#phase = phase;
    clearTimeout(this.#waiting);
    this.#isWaitLong = false;
    if (phase === "waiting") this.#waiting = setTimeout(() => this.#waitLonger(), LONG_WAIT_MS);
    if (phase === "leaving") void this.#leave();
    this.#update();
  };

  /** The browser has a newer build, which the next load will show. */
  readonly foundNewer = (): void => {
    this.#isNewerFound = true;
    this.#update();
  };

  /** A file of this build could not be loaded, or has to be loaded again: finds out whether it still exists. */
  readonly checkIsGone = async (): Promise<void> => {
    if (!(await this.#options.isGone())) return;
    this.#isIncomplete = true;
    this.#update();
  };

  /** Hides the newer build until yet another one is found. */
  readonly dismiss = (): void => {
    this.#isNewerFound = false;
    this.#update();
  };

  /** Loads the newest build, once nothing is lost by that. */
  readonly reload = async (): Promise<void> => {
    if (this.#isReloading) return;
    this.#isReloading = true;
    this.#update();
    await this.#options.finishTurn();
    await this.#options.loadNewest();
  };

  async #leave(): Promise<void> {
    await this.#options.finishTurn();
    await this.#options.letGo();
  }

  #waitLonger(): void {
    this.#isWaitLong = true;
    this.#update();
  }

  #update(): void {
    this.#version.set(this.#current());
  }

  /** Of all that is known, what matters most. */
  #current(): Version {
    const isReloading = this.#isReloading;
    if (this.#phase === "outdated" || this.#isIncomplete) return { is: "outdated", isReloading };
    if (this.#phase === "waiting") return { is: "waiting", isLong: this.#isWaitLong };
    if (this.#phase === "leaving" || this.#isNewerFound) return { is: "superseded", isReloading };
    return CURRENT;
  }
}
