import { renderJinja } from "../src/tokenizer/jinja/render-jinja.ts";
import type { JinjaInput } from "../src/tokenizer/jinja/template-renderer.ts";
import { WORKER_IS_READY } from "../src/tokenizer/jinja/worker-renderer.ts";

// The program that is run here may loop for ever. The engine then ends this worker.
self.onmessage = ({ data }: MessageEvent<JinjaInput>) => {
  self.postMessage(renderJinja(data));
};
self.postMessage(WORKER_IS_READY);
