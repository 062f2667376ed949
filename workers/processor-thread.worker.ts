import { runThread, type ThreadStart } from "../src/cpu/thread-pool.ts";

// The thread works until there are no more jobs. It never comes back to its events, so there is one message.
self.onmessage = ({ data }: MessageEvent<ThreadStart>) => {
  runThread(data);
};
