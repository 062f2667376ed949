import { assert } from "../shared/assert.ts";
import type { ProcessorMemory } from "./processor-memory.ts";
import { silenceAfter } from "./silence.ts";

/**
 * Where the first bytes of memory go: the words of `kernels/jobs.ts`, the arguments of the job, what the compiler puts
 * into memory, and then for each thread memory of its own.
 */
const ARGUMENTS = 2048;
const MOST_ARGUMENTS = 48;
const SCRATCH = 2 ** 20;
const SCRATCH_BYTES = 2 ** 21;

/** The first byte that buffers may have. */
export const bufferStart = (threads: number): number => SCRATCH + threads * SCRATCH_BYTES;

/** The number of the last job, as `kernels/jobs.ts` has it. */
const PUBLISHED = 1052;
/** A word that a thread sets whose kernel trapped. `kernels/jobs.ts` has the words before it. */
const TRAPPED = 1064;

/** What `awaitItems` returns if there was nothing to do for long. */
const NOTHING_TO_DO = -2;

/** How long other threads may take for what they have begun until they count as dead. */
const LONGEST_SILENCE_MS = 20_000;

type Kernel = (args: number, start: number, end: number, scratch: number) => void;

/** What the module exports, besides kernels. */
interface JobExports {
  claimedEnd: WebAssembly.Global<"i32">;
  seenJob: WebAssembly.Global<"i32">;
  publish(kernel: number, items: number, grain: number): void;
  claim(): number;
  awaitItems(canLeave: number): number;
  fallAsleep(): void;
  wakeUp(): void;
  kernelOf(): number;
  complete(items: number): void;
  isComplete(): number;
  closeJob(): void;
  quit(): void;
}

/** What a thread is started with. It goes through `postMessage`. */
export interface ThreadStart {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  /** 1 and up. The thread that publishes jobs is 0. */
  thread: number;
}

/** A thread that runs `runThread`. */
export interface Thread {
  /** Ends it, whatever it does. */
  terminate(): void;
}

/** Starts a thread. @param onFail called when it cannot run */
export type StartThread = (start: ThreadStart, onFail: (reason: string) => void) => Thread;

/** The kernels of a module in the order of their names, which is the same in all threads. */
function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory) {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const jobs = exports as unknown as JobExports;
  const names = Object.keys(exports).toSorted();
  const kernels = names.map((name) => exports[name] as unknown as Kernel);
  return { jobs, names, kernels };
}

/**
 * Takes items of jobs until there are no more jobs. Blocks its thread as long as there is something to do.
 *
 * While nothing is, the thread waits for events, where the browser can wait for memory like this. One that sleeps in
 * WebAssembly is only ended two seconds after its page is gone, and holds all memory until then, beside that of the page
 * that comes next.
 *
 * @throws if a kernel traps
 */
export async function runThread({ module, memory, thread }: ThreadStart): Promise<void> {
  const { jobs, kernels } = instantiate(module, memory);
  const scratch = SCRATCH + thread * SCRATCH_BYTES;
  // TypeScript's library has the function, and browsers of 2023 do not.
  const { waitAsync } = Atomics as Partial<typeof Atomics>;
  const next = () => jobs.awaitItems(waitAsync ? 1 : 0);
  try {
    for (let start = next(); start !== -1; start = next()) {
      if (start === NOTHING_TO_DO) {
        await nextJob(jobs, memory, waitAsync);
        continue;
      }
      const end = jobs.claimedEnd.value;
      kernels[jobs.kernelOf()]?.(ARGUMENTS, start, end, scratch);
      jobs.complete(end - start);
    }
  } catch (error) {
    // The thread that waits for the job handles no events, and would not hear of it otherwise.
    Atomics.store(new Int32Array(memory.buffer), TRAPPED / 4, 1);
    throw error;
  }
}

/** Resolves when a job is there that the thread has not seen. */
async function nextJob(
  jobs: JobExports,
  memory: WebAssembly.Memory,
  waitAsync: (typeof Atomics)["waitAsync"] | undefined,
): Promise<void> {
  jobs.fallAsleep();
  const words = new Int32Array(memory.buffer);
  await waitAsync?.(words, PUBLISHED / 4, jobs.seenJob.value).value;
  jobs.wakeUp();
}

/** The threads of a pool besides the caller's own. */
export interface OtherThreads {
  count: number;
  start: StartThread;
  /** Called when one of them cannot run. */
  onFail: (reason: string) => void;
  /** How long they may take for what they have begun until they count as dead; 20 s if absent. */
  longestSilenceMs?: number;
}

/** Threads that share the items of kernels: the caller's own, and others. */
export class ThreadPool {
  readonly #memory: ProcessorMemory;
  readonly #jobs: JobExports;
  readonly #kernels: readonly Kernel[];
  readonly #indices: ReadonlyMap<string, number>;
  readonly #threads: readonly Thread[];
  readonly #longestSilenceMs: number;

  /** @param others without them the caller's thread is the only one */
  constructor(
    module: WebAssembly.Module,
    memory: ProcessorMemory,
    others: OtherThreads | undefined,
  ) {
    this.#memory = memory;
    this.#longestSilenceMs = others?.longestSilenceMs ?? LONGEST_SILENCE_MS;
    const { jobs, names, kernels } = instantiate(module, memory.memory);
    this.#jobs = jobs;
    this.#kernels = kernels;
    this.#indices = new Map(names.map((name, index) => [name, index]));
    this.#threads = Array.from({ length: others?.count ?? 0 }, (_, i) => {
      assert(others !== undefined, "there are no other threads");
      return others.start({ module, memory: memory.memory, thread: i + 1 }, others.onFail);
    });
  }

  /** As `RunKernel` says. @throws if a thread died, or the kernel trapped */
  run(name: string, words: readonly number[], items: number, grain = 1): void {
    const index = this.#indices.get(name);
    const kernel = index === undefined ? undefined : this.#kernels[index];
    assert(index !== undefined && kernel !== undefined, `the module has no kernel ${name}`);
    assert(words.length <= MOST_ARGUMENTS, `${name} has ${words.length} arguments`);
    if (items <= 0) return;
    this.#memory.words.set(words, ARGUMENTS / 4);
    if (this.#threads.length === 0 || items <= grain) {
      kernel(ARGUMENTS, 0, items, SCRATCH);
      return;
    }
    const jobs = this.#jobs;
    jobs.publish(index, items, grain);
    for (let start = jobs.claim(); start >= 0; start = jobs.claim()) {
      const end = jobs.claimedEnd.value;
      kernel(ARGUMENTS, start, end, SCRATCH);
      jobs.complete(end - start);
    }
    this.#awaitCompletion(name);
    jobs.closeJob();
  }

  #awaitCompletion(name: string): void {
    const jobs = this.#jobs;
    if (jobs.isComplete() !== 0) return;
    let [silentMs, lookedMs] = [0, performance.now()];
    while (jobs.isComplete() === 0) {
      if (Atomics.load(this.#memory.words, TRAPPED / 4) !== 0)
        throw new Error(`A thread of the processor trapped (${name}).`);
      const nowMs = performance.now();
      silentMs = silenceAfter(silentMs, nowMs - lookedMs);
      lookedMs = nowMs;
      if (silentMs > this.#longestSilenceMs)
        throw new Error(`A thread of the processor does not answer (${name}).`);
    }
  }

  /** Ends all other threads. */
  close(): void {
    if (this.#threads.length > 0) this.#jobs.quit();
    for (const thread of this.#threads) thread.terminate();
  }
}
