import type { ThreadStart } from "./thread-pool.ts";

/** A thread that takes items of one job, and is gone before they are done. */
self.onmessage = ({ data: { module, memory } }: MessageEvent<ThreadStart>) => {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  (exports["awaitItems"] as () => number)();
  self.close();
};
