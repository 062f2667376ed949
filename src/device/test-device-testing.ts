import { requestProcessor } from "../cpu/request-processor.ts";
import { requestGpu } from "../gpu/request-gpu.ts";
import type { Hardware } from "./device.ts";

/** The device that this run of the tests is about: the processor if the environment says so, or a GPU. */
export const requestTestDevice = (): Promise<Hardware> =>
  import.meta.env["TEST_DEVICE"] === "processor" ? requestProcessor() : requestGpu();
