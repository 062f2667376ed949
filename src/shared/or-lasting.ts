/** What waits for a promise that may last as long as the thread. */
interface Waiting {
  isSettled: boolean;
  tells: Set<() => void>;
}

const waitings = new WeakMap<Promise<unknown>, Waiting>();

/**
 * What the first of both gives, like `Promise.race`, where one of them may last while many others come and go. A race
 * would leave something with the lasting one each time, and with that what the other one gave.
 */
export function orLasting<T, L>(promise: Promise<T>, lasting: Promise<L>): Promise<T | L> {
  const { isSettled, tells } = waitingFor(lasting);
  if (isSettled) return Promise.race([promise, lasting]);
  return new Promise((resolve, reject) => {
    const tell = () => {
      resolve(lasting);
    };
    tells.add(tell);
    void promise.then(resolve, reject).finally(() => tells.delete(tell));
  });
}

function waitingFor(lasting: Promise<unknown>): Waiting {
  const known = waitings.get(lasting);
  if (known) return known;
  const waiting: Waiting = { isSettled: false, tells: new Set() };
  const settle = () => {
    waiting.isSettled = true;
    for (const tell of waiting.tells) tell();
    waiting.tells.clear();
  };
  lasting.then(settle, settle);
  waitings.set(lasting, waiting);
  return waiting;
}
