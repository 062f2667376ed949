import type { DeviceKind, EngineStatus } from "../../protocol/engine-api.ts";
import { ObservableValue } from "../observable-value.ts";

/** What is known of the graphics card during a visit. */
export interface CardHistory {
  /** How many times it was lost while it had a model, or while one was loaded onto it. */
  losses: number;
  phase: EngineStatus["phase"];
  /** What the model runs on, or ran on last. */
  device: DeviceKind | undefined;
}

const NO_HISTORY: CardHistory = { losses: 0, phase: "idle", device: undefined };

/** What is known after one more status. A status that is told again counts once, and the processor is no card. */
function afterStatus(history: CardHistory, status: EngineStatus): CardHistory {
  const { phase } = status;
  if (status.phase === "ready") return { ...history, phase, device: status.model.device };
  const isFailure = status.phase === "failed" && status.failure.code === "device-lost";
  const isLoss = (phase === "recovering" || isFailure) && history.phase !== phase;
  const losses = history.losses + (isLoss && history.device !== "processor" ? 1 : 0);
  return { ...history, losses, phase };
}

/** After so many losses the card is not trusted to go on. */
const TOO_MANY = 2;

interface StatusSource {
  subscribe: (listener: () => void) => unknown;
  getSnapshot: () => EngineStatus;
}

/** Whether the graphics card was lost twice in this visit, so that the processor is worth offering. */
export class LostCards {
  #history = NO_HISTORY;
  readonly #isUnreliable = new ObservableValue(false);

  constructor(engine: StatusSource) {
    engine.subscribe(() => {
      this.#history = afterStatus(this.#history, engine.getSnapshot());
      if (this.#history.losses >= TOO_MANY && !this.getSnapshot()) this.#isUnreliable.set(true);
    });
  }

  readonly getSnapshot = (): boolean => this.#isUnreliable.getSnapshot();

  readonly subscribe = (listener: () => void): (() => void) =>
    this.#isUnreliable.subscribe(listener);
}
