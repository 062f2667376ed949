import type { JinjaInput, JinjaOutput, TemplateRenderer } from "./template-renderer.ts";

/**
 * How long a program may run: 200 ms, counted in steps. On a busy machine steps take longer for this thread too, and the
 * program gets the more time.
 */
const STEP_MS = 10;
const RUN_STEPS = 20;
/** How long a worker may take to start: its script comes from the cache, or from the network. */
const START_MS = 10_000;
/**
 * How many times as long each attempt may take: the machine may have been busy with other things in the first. A program
 * that fails in both is not run again.
 */
const ATTEMPTS = [1, 3];

/** What a worker says once it can be asked. */
export const WORKER_IS_READY = "ready";

/** What is used of a `Worker` whose script answers each `JinjaInput` with a `JinjaOutput`. */
export interface TemplateWorker {
  onmessage: ((event: MessageEvent) => unknown) | null;
  onerror: ((event: ErrorEvent) => unknown) | null;
  postMessage: (input: JinjaInput) => void;
  terminate: () => void;
}

/** A worker that runs one program at a time. */
interface Running {
  worker: TemplateWorker;
  /** False if it cannot be started. */
  isReady: Promise<boolean>;
}

/**
 * Runs programs in a worker of their own. One that takes too long is ended with its worker, and the next one gets a new
 * worker.
 */
export class WorkerRenderer implements TemplateRenderer {
  readonly #startWorker: () => TemplateWorker;
  #running: Running | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(startWorker: () => TemplateWorker) {
    this.#startWorker = startWorker;
  }

  prepare(): void {
    this.#worker();
  }

  render(input: JinjaInput): Promise<JinjaOutput> {
    const output = this.#last.then(() => this.#attempt(input));
    this.#last = output;
    return output;
  }

  async #attempt(input: JinjaInput): Promise<JinjaOutput> {
    for (const times of ATTEMPTS) {
      const { worker, isReady } = this.#worker();
      if (!(await isReady)) {
        this.#end(worker);
        return { fault: "unavailable" };
      }
      const output = await run(worker, input, times * RUN_STEPS);
      if (output) return output;
      this.#end(worker);
    }
    return { fault: "too-slow" };
  }

  #worker(): Running {
    this.#running ??= start(this.#startWorker);
    return this.#running;
  }

  #end(worker: TemplateWorker): void {
    worker.terminate();
    this.#running = undefined;
  }
}

function start(startWorker: () => TemplateWorker): Running {
  const worker = startWorker();
  const isReady = new Promise<boolean>((resolve) => {
    worker.onmessage = ({ data }) => {
      if (data === WORKER_IS_READY) resolve(true);
    };
    worker.onerror = () => {
      resolve(false);
    };
    setTimeout(() => {
      resolve(false);
    }, START_MS);
  });
  return { worker, isReady };
}

/** What a worker answers; undefined if it takes more steps than these, or breaks. */
function run(
  worker: TemplateWorker,
  input: JinjaInput,
  steps: number,
): Promise<JinjaOutput | undefined> {
  return new Promise((resolve) => {
    const giveUp = () => {
      resolve(undefined);
    };
    let timer: ReturnType<typeof setTimeout>;
    const wait = (left: number): void => {
      timer = setTimeout(() => {
        if (left === 0) giveUp();
        else wait(left - 1);
      }, STEP_MS);
    };
    // Where this thread was busy, the answer may have come in time, and is taken before the step after the last.
    wait(steps);
    worker.onmessage = ({ data }) => {
      clearTimeout(timer);
      resolve(data as JinjaOutput);
    };
    worker.onerror = giveUp;
    worker.postMessage(input);
  });
}

/** Where no worker can be started, no program is run. */
export const noRenderer: TemplateRenderer = {
  prepare: () => undefined,
  render: () => Promise.resolve({ fault: "unavailable" }),
};
