import { runThread, type ThreadStart } from "./thread-pool.ts";

const { Instance } = WebAssembly;

/**
 * A thread in which matrix products trap. A real trap of the module is not used, because some browsers without a window
 * do not survive one.
 */
self.onmessage = ({ data }: MessageEvent<ThreadStart>) => {
  WebAssembly.Instance = class extends Instance {
    override readonly exports: WebAssembly.Exports;

    constructor(module: WebAssembly.Module, imports?: WebAssembly.Imports) {
      super(module, imports);
      this.exports = { ...new Instance(module, imports).exports, matmul: trap };
    }
  };
  runThread(data).catch(reportError);
};

function trap(): never {
  throw new WebAssembly.RuntimeError("unreachable");
}
