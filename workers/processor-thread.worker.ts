import { runThread, type ThreadStart } from "../src/cpu/thread-pool.ts";

// While there is work, the thread does not come back to its events. So there is one message.
self.onmessage = ({ data }: MessageEvent<ThreadStart>) => {
  // An error that is reported reaches whoever has started the thread.
  runThread(data).catch(reportError);
};
