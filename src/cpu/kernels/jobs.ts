/**
 * @file How threads share the items of a job.
 *
 * The thread that publishes a job takes items of it too, and then waits until all are complete. Others may come late or
 * not at all: what they have not taken, somebody else takes. All words are at fixed addresses, which `src/cpu/thread-pool.ts`
 * knows too.
 */

/** The job's number in the upper half, the next item that nobody has taken in the lower. */
const TICKET: usize = 1024;
const COMPLETED: usize = 1032;
const ITEMS: usize = 1036;
const GRAIN: usize = 1040;
const KERNEL: usize = 1044;
const QUIT: usize = 1048;
/** The number of the last job. Threads without work sleep on it. */
const PUBLISHED: usize = 1052;
const SLEEPERS: usize = 1056;

/** No items are left to be taken. */
const CLOSED: u64 = 0x7fffffff;

/** How often a thread looks for work before it sleeps: some tens of microseconds, longer than it takes to publish. */
const LOOKS: i32 = 20000;
/** How long a thread sleeps in here, in nanoseconds: longer than the pauses between the tokens of an answer. */
const NAP: i64 = 100_000_000;

/** Where the items end that this thread took last. */
export let claimedEnd: i32 = 0;
/** The last job that this thread knew of when there was nothing to do for it. */
export let seenJob: i32 = 0;

/** Publishes a job, whose arguments have been written. The job before has to be complete and closed. */
export function publish(kernel: i32, items: i32, grain: i32): void {
  store<i32>(KERNEL, kernel);
  store<i32>(ITEMS, items);
  store<i32>(GRAIN, grain);
  atomic.store<i32>(COMPLETED, 0);
  const job: u64 = (atomic.load<u64>(TICKET) >> 32) + 1;
  atomic.store<u64>(TICKET, job << 32);
  atomic.store<i32>(PUBLISHED, i32(job));
  if (atomic.load<i32>(SLEEPERS) > 0) atomic.notify(PUBLISHED, -1);
}

/** Takes items of the job that was published last. @returns the first, or -1 if none are left */
export function claim(): i32 {
  while (true) {
    const ticket = atomic.load<u64>(TICKET);
    const next = i32(ticket & 0xffffffff);
    const items = atomic.load<i32>(ITEMS);
    if (next >= items) return -1;
    const end = min(next + atomic.load<i32>(GRAIN), items);
    const taken = (ticket & 0xffffffff00000000) | u64(end);
    // Whoever succeeds here holds the job open, so that all its words are those that were read.
    if (atomic.cmpxchg<u64>(TICKET, ticket, taken) != ticket) continue;
    claimedEnd = end;
    return next;
  }
}

/**
 * Waits for items, asleep after a while.
 *
 * @param canLeave whether to come back if there is none for long, so that the caller can wait for `seenJob` to be followed
 *   by another
 * @returns the first of those taken, -1 when there will be no more jobs, or -2 if there was nothing to do for long
 */
export function awaitItems(canLeave: bool): i32 {
  let looks = LOOKS;
  while (true) {
    if (atomic.load<i32>(QUIT) != 0) return -1;
    const published = atomic.load<i32>(PUBLISHED);
    const first = claim();
    if (first >= 0) return first;
    if (--looks > 0) continue;
    atomic.add<i32>(SLEEPERS, 1);
    const end = atomic.wait<i32>(PUBLISHED, published, canLeave ? NAP : -1);
    atomic.sub<i32>(SLEEPERS, 1);
    looks = LOOKS;
    if (end != AtomicWaitResult.TIMED_OUT) continue;
    seenJob = published;
    return -2;
  }
}

/** Says that this thread waits for the next job outside of this module, and has to be woken. */
export function fallAsleep(): void {
  atomic.add<i32>(SLEEPERS, 1);
}

export function wakeUp(): void {
  atomic.sub<i32>(SLEEPERS, 1);
}

export function kernelOf(): i32 {
  return atomic.load<i32>(KERNEL);
}

/** Items that this thread took are done. */
export function complete(items: i32): void {
  atomic.add<i32>(COMPLETED, items);
}

/** Looks for a while whether all items of the job are complete. */
export function isComplete(): bool {
  const items = load<i32>(ITEMS);
  for (let looks = LOOKS; looks > 0; looks--) if (atomic.load<i32>(COMPLETED) == items) return true;
  return false;
}

/** Ends a job that is complete, so that no thread that comes late takes the next job's words for this one's. */
export function closeJob(): void {
  atomic.store<u64>(TICKET, (atomic.load<u64>(TICKET) & 0xffffffff00000000) | CLOSED);
}

/** Lets all other threads end. */
export function quit(): void {
  atomic.store<i32>(QUIT, 1);
  atomic.notify(PUBLISHED, -1);
  atomic.add<i32>(PUBLISHED, 1);
  atomic.notify(PUBLISHED, -1);
}
