import { runThread, type ThreadStart } from "./thread-pool.ts";

/** A thread that answers every message after the first with the same, which it can only while it handles its events. */
self.onmessage = ({ data }: MessageEvent<ThreadStart>) => {
  self.onmessage = ({ data: asked }: MessageEvent<string>) => {
    self.postMessage(asked);
  };
  runThread(data).catch(reportError);
};
