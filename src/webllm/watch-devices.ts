/** The prototype of WebGPU's adapters, as far as it is looked at here. */
interface AdapterPrototype {
  requestDevice: (this: GPUAdapter, descriptor?: GPUDeviceDescriptor) => Promise<GPUDevice>;
}

/**
 * Tells when a device is lost, for a program that keeps its devices to itself: every device that is asked for from now on,
 * in this thread, is watched. One that was destroyed was given back.
 *
 * @param adapters `GPUAdapter.prototype`; undefined where there is no WebGPU
 */
export function watchDevices(
  adapters: AdapterPrototype | undefined,
  onLost: (message: string) => void,
): void {
  if (!adapters) return;
  const { requestDevice } = adapters;
  adapters.requestDevice = async function (descriptor) {
    const device = await requestDevice.call(this, descriptor);
    void device.lost.then(({ reason, message }) => {
      if (reason !== "destroyed") onLost(message);
    });
    return device;
  };
}
