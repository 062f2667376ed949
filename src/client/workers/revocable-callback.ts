import * as Comlink from "comlink";

/** A function of the page that a worker can call until it is revoked. */
export class RevocableCallback {
  #port: MessagePort | undefined;

  constructor(readonly callback: (...args: never[]) => unknown) {}

  /** Opens the port through which the worker calls the function. */
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

// Comlink's own handler keeps the port to itself, so that every callback's port stays open until the worker's garbage
// collector finds it. This handler has the same name, so that nothing changes for the worker.
Comlink.transferHandlers.set("proxy", {
  canHandle: (value): value is RevocableCallback => value instanceof RevocableCallback,
  serialize(value) {
    const port = (value as RevocableCallback).openPort();
    return [port, [port]];
  },
  deserialize: (port) => comlinkProxy.deserialize(port),
});
