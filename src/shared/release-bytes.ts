/** Transfers what is posted to it, and drops it, as nobody is at its other end. */
let nowhere: MessagePort | undefined;

/**
 * Gives the memory of a buffer back at once, in place of some time after the last reference is gone. Whatever still
 * looks at the buffer sees no byte.
 *
 * The buffer is transferred to nobody. `ArrayBuffer.prototype.transfer(0)` would empty it as well, but Chromium (156)
 * keeps the memory of a buffer that one of its interfaces has made or taken, a response's or a blob's, until the next
 * collection, and no longer counts it among the reasons for one.
 */
export function releaseBytes(buffer: ArrayBuffer): void {
  if (buffer.byteLength === 0) return;
  nowhere ??= portWithoutOther();
  nowhere.postMessage(undefined, [buffer]);
}

function portWithoutOther(): MessagePort {
  const { port1, port2 } = new MessageChannel();
  port2.close();
  return port1;
}
