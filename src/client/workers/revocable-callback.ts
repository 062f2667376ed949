import * as Comlink from "comlink";

/** A function of the page that a worker may call until it is taken back. */
export class RevocableCallback {
  #port: MessagePort | undefined;

  constructor(readonly callback: (...args: never[]) => unknown) {}

  /** The port through which the worker calls. */
  openPort(): MessagePort {
    const { port1, port2 } = new MessageChannel();
    Comlink.expose(this.callback, port1);
    this.#port = port1;
    return port2;
  }

  revoke(): void {
    this.#port?.close();
  }
}

const comlinkProxy = Comlink.transferHandlers.get("proxy");
if (!comlinkProxy) throw new Error("invariant: Comlink has a proxy handler");

// Comlink's own handler keeps the port to itself, and so every callback's port stays open until the
// worker's garbage collector comes by. Under the same name the worker needs to know nothing of ours.
Comlink.transferHandlers.set("proxy", {
  canHandle: (value): value is RevocableCallback => value instanceof RevocableCallback,
  serialize(value) {
    const port = (value as RevocableCallback).openPort();
    return [port, [port]];
  },
  deserialize: (port) => comlinkProxy.deserialize(port),
});
