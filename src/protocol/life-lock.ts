/**
 * A worker's first message, outside of any call: it now holds the Web Lock of this name, which was
 * given to it as its own, until it ends. Who is granted the lock afterwards knows that it has ended.
 */
export interface LifeLockHeld {
  lifeLockHeld: string;
}
