import { t } from "@lingui/core/macro";
import { plainName } from "../../client/models/plain-name.ts";
import type { EngineFailure } from "../../protocol/errors.ts";
import { folderOfFile } from "../../protocol/local-model.ts";
import { byteSize } from "../byte-size.ts";
import { numberWords } from "../number-words.ts";

type FailureOf<Code extends EngineFailure["code"]> = Extract<EngineFailure, { code: Code }>;

/** What happened and what to do, for a person. A new failure without a sentence does not compile. */
export function failureSentence(failure: EngineFailure): string {
  switch (failure.code) {
    case "webgpu-unavailable":
      return noWebGpu(failure);
    case "processor-unavailable":
      return t`Without a graphics card the model runs on the processor, for which this browser lacks WebAssembly with SIMD. Open the page in a current Chrome, Edge, Firefox or Safari.`;
    case "device-lost":
      return t`The device that runs the model was reset. Your conversation is saved; try again.`;
    case "out-of-memory":
      return t`There is not enough memory for the model: ${{ size: byteSize(failure.neededBytes) }} more are needed. Close other tabs or programs, then try again.`;
    case "model-unreachable":
      return t`The model could not be fetched from ${{ host: hostOf(failure.url) }}. Check your connection, then try again.`;
    case "model-http-error":
      return httpError(failure);
    case "model-needs-account":
      return t`The repository at ${{ host: hostOf(failure.url) }} needs an account or a licence to be accepted, or there is no such repository (error ${{ status: failure.status }}). Download the model there and open its file here, or choose another model.`;
    case "model-redirected":
      return t`${{ host: hostOf(failure.url) }} sends the request for the model's ${{ file: fileOf(failure.url) }} to another place, which this page does not follow. Choose another model.`;
    case "model-file-too-large":
      return t`The model's ${{ file: fileOf(failure.url) }} is larger than the ${{ limit: byteSize(failure.limitBytes) }} that such a file may have. Choose another model.`;
    case "model-lfs-pointer":
      return t`${{ host: hostOf(failure.url) }} has only a Git LFS pointer instead of the model's ${{ file: fileOf(failure.url) }}: the repository was copied without its large files. Fetch them there with "git lfs pull", or choose another model.`;
    case "model-truncated":
    case "model-checksum":
      return damagedFile(failure);
    case "model-unsupported":
    case "library-changed":
    case "webllm-failed":
    case "gpu-feature-missing":
      return cannotRun(failure);
    case "model-invalid":
      return t`The model's files are not as expected (${{ detail: failure.detail }}). Choose another model.`;
    case "model-whole-only":
      return t`${{ host: hostOf(failure.url) }} does not send the model's ${{ file: fileOf(failure.url) }} in parts, as this page reads it. Download the file and open it here, or choose another model.`;
    case "model-changed":
      return t`The model's file was changed while it was read. Try again.`;
    case "model-file-gone":
      return t`The page cannot read ${{ name: failure.name }}. Open the file again, or choose another model.`;
    case "download-not-agreed":
      return t`The model takes a download of ${{ size: byteSize(failure.downloadBytes) }} from ${{ host: hostOf(failure.url) }}, which you have not agreed to. Answer the question about this model, then try again.`;
    case "download-no-room":
      return t`The download needs ${{ size: byteSize(failure.neededBytes) }} more, and only ${{ free: byteSize(failure.freeBytes) }} of what the browser grants this page are free for it. Delete models or conversations you no longer need, then try again.`;
    case "model-not-loaded":
      return t`The model is not loaded. Try again to load it.`;
    case "prompt-too-long":
      return tooLong(failure);
    case "busy":
      return t`The model is still busy with another answer. Wait for it or stop it, then try again.`;
    case "cancelled":
      return t`This was stopped before it had finished.`;
    case "worker-died":
      return workerDied(failure);
    case "store-unavailable":
    case "import-refused":
    case "quota-exceeded":
      return storageSentence(failure);
    case "outdated":
      return t`A new version is here: reload the page to go on. Saved conversations and what you typed stay.`;
  }
}

/** What fails in the same way as often as it is tried. */
const FINAL: ReadonlySet<EngineFailure["code"]> = new Set([
  "processor-unavailable",
  "model-unsupported",
  "gpu-feature-missing",
  "prompt-too-long",
]);

/** Whether doing the same thing once more can help. */
export function isWorthRetrying(failure: EngineFailure): boolean {
  if (failure.code === "webgpu-unavailable") return failure.reason === "no-adapter";
  return !FINAL.has(failure.code);
}

function tooLong({ isAtLeast, ...failure }: FailureOf<"prompt-too-long">): string {
  const [tokens, most] = [numberWords(failure.promptTokens), numberWords(failure.contextTokens)];
  return isAtLeast
    ? t`This message is too long: it has more than ${tokens} tokens, and the model reads at most ${most} at once, its answer included. Send a shorter one, or send it in parts.`
    : t`This message is too long: it has ${tokens} tokens, and the model reads at most ${most} at once, its answer included. Send a shorter one, or send it in parts.`;
}

function noWebGpu({ reason }: FailureOf<"webgpu-unavailable">): string {
  return reason === "no-api"
    ? t`This browser does not offer WebGPU, through which the model would run on the graphics card. Open the page over https in a current Chrome, Edge or Safari, or let the model run on the processor.`
    : t`The browser found no graphics device to run the model on. Turn on hardware acceleration in its settings or update the graphics driver, then try again, or let the model run on the processor.`;
}

function httpError({ url, status }: FailureOf<"model-http-error">): string {
  const [host, file] = [hostOf(url), fileOf(url)];
  switch (status) {
    case 401:
    case 403:
      return t`${host} does not give out the model's ${file} (error ${status}): the model does not exist there, or it needs an account or a licence to be accepted. Choose another model.`;
    case 404:
    case 410:
      return t`There is no complete model at this address: ${host} has no ${file} (error ${status}). Check the model's address.`;
    case 429:
      return t`${host} is asked for too much at the moment (error 429). Wait some minutes, then try again.`;
    default:
      return status >= 500
        ? t`${host} has a problem and did not send the model's ${file} (error ${status}). Try again later.`
        : t`${host} answered with error ${status} instead of the model's ${file}. Check the model's address, or try again later.`;
  }
}

function cannotRun(
  failure: FailureOf<
    "model-unsupported" | "library-changed" | "webllm-failed" | "gpu-feature-missing"
  >,
): string {
  switch (failure.code) {
    case "model-unsupported": {
      const { what, found } = failure;
      return t`This model cannot run here: its ${what}, ${found}, is not supported. Choose another model.`;
    }
    case "library-changed":
      return t`The program that runs this model, ${{ file: fileOf(failure.url) }}, is not the one that ran here before. It was not started. Choose another model.`;
    case "webllm-failed": {
      const detail = plainName(failure.detail);
      return failure.wasAnswering
        ? t`WebLLM, which runs this model, stopped in the middle of the answer (${detail}). What it wrote is kept. The model is being loaded again: try again, or choose another model.`
        : t`WebLLM, which runs this model, could not load it (${detail}). Try again, or choose another model.`;
    }
    case "gpu-feature-missing":
      return t`This model needs ${{ feature: failure.feature }}, which this graphics card or this browser does not have. Choose another model.`;
  }
}

function damagedFile({ code, url }: FailureOf<"model-truncated" | "model-checksum">): string {
  if (folderOfFile(url) !== undefined)
    return t`The model's ${{ file: fileOf(url) }} is incomplete or damaged. Fetch it anew to where it lies, and open the folder again.`;
  return code === "model-truncated"
    ? t`A file of the model arrived incomplete. Try again to fetch the rest.`
    : t`A file of the model arrived damaged. Try again to fetch it anew.`;
}

function workerDied({ worker }: FailureOf<"worker-died">): string {
  switch (worker) {
    case "engine":
      return t`The part of the page that runs the model has crashed. Your conversation is saved; try again.`;
    case "store":
      return t`The part of the page that saves conversations has crashed. What you typed is still here; try again.`;
    case "downloads":
      return t`The part of the page that downloads models has crashed. What came so far is saved; try again.`;
  }
}

/** The host of an address; of a file in a folder on the disk, the folder. */
function hostOf(url: string): string {
  const folder = folderOfFile(url);
  if (folder !== undefined) return plainName(folder);
  return URL.canParse(url) ? new URL(url).host : url;
}

/** The name of the file: the last part of the address's path. */
const fileOf = (url: string): string => {
  const { pathname } = URL.canParse(url) ? new URL(url) : { pathname: url };
  return pathname.slice(pathname.lastIndexOf("/") + 1);
};

function storageSentence(
  failure: FailureOf<"store-unavailable" | "import-refused" | "quota-exceeded">,
): string {
  switch (failure.code) {
    case "store-unavailable":
      return t`This browser does not let the page save conversations. Leave private browsing or allow site data, then reload the page.`;
    case "import-refused":
      return importRefused(failure);
    case "quota-exceeded":
      return t`The browser has no storage left for this page. Delete conversations you no longer need, then try again.`;
  }
}

function importRefused({ why }: FailureOf<"import-refused">): string {
  switch (why) {
    case "not-exported":
      return t`This file holds no conversations that this page can read. Nothing was changed.`;
    case "newer":
      return t`This file was exported by a newer version of this page. Reload the page to get that version, then import it again.`;
    case "damaged":
      return t`This file is damaged or ends in the middle. Nothing was changed.`;
    case "archive":
      return t`This file is an archive. Unpack it, and import the file "conversations.json" or one that ends in ".jsonl".`;
    case "too-large":
      return t`This file is larger than what can be imported at once. Nothing was changed.`;
  }
}
