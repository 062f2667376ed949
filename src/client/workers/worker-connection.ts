import * as Comlink from "comlink";
import type { EngineFailure } from "../../protocol/errors.ts";
import { RevocableCallback } from "./revocable-callback.ts";
import { WorkerLife, type LifeOptions } from "./worker-life.ts";

/** What each call answers when the worker dies before it could. The names are also the list of all calls. */
export type DeathAnswers<Api> = {
  [Name in keyof Api]: NonNullable<Api[Name]> extends (...args: never[]) => Promise<infer Answer>
    ? (failure: EngineFailure) => Answer
    : never;
};

/** The part of `Worker` that is used here, so that a test can pass a channel's port instead. */
export type WorkerLike = Comlink.Endpoint & { terminate(): void };

interface ConnectionOptions<Api> extends LifeOptions {
  answers: DeathAnswers<Api>;
  /** Calls whose callback stays in use after they have answered. */
  keepsCallback?: readonly (keyof Api)[];
}

/** The page's handle on one worker, from its start to its death. */
export interface WorkerConnection<Api> {
  readonly api: Api;
  /** Resolves with `worker-died` when the worker dies or is terminated. */
  readonly died: Promise<EngineFailure>;
  terminate(): void;
}

type Call = (...args: unknown[]) => Promise<unknown>;

/**
 * Connects to a worker that exposes `Api`. Comlink is not visible outside this room.
 *
 * Comlink never settles a call whose worker has died (comlink#601), so every call here is answered by
 * the worker or by its death, and never rejects: an error thrown in a call is a bug that leaves the
 * worker's state unknown, so it is reported and ends the worker.
 */
export function connectWorker<Api extends object>(
  worker: WorkerLike,
  options: ConnectionOptions<Api>,
): WorkerConnection<Api> {
  const life = new WorkerLife(worker, options);
  const remote = Comlink.wrap<Record<string, Call>>(worker);
  const keepsCallback = new Set<PropertyKey>(options.keepsCallback);

  const call = (name: string, whenDead: (failure: EngineFailure) => unknown): Call => {
    const send = Reflect.get(remote, name) as Call;
    return async (...args) => {
      const prepared = args.map(prepare);
      const answer = await life.race(() => send(...prepared), whenDead);
      if (!keepsCallback.has(name)) prepared.forEach(revoke);
      return answer;
    };
  };
  const calls = Object.entries<(failure: EngineFailure) => unknown>(options.answers).map(
    ([name, whenDead]) => [name, call(name, whenDead)] as const,
  );
  return {
    // `answers` has an entry for every call of `Api`.
    api: Object.fromEntries(calls) as Api,
    died: life.died,
    terminate: () => life.end("terminated"),
  };
}

/** A function becomes callable from the worker until it is revoked; a port is transferred. */
function prepare(arg: unknown): unknown {
  if (typeof arg === "function") return new RevocableCallback(arg as Call);
  return arg instanceof MessagePort ? Comlink.transfer(arg, [arg]) : arg;
}

const revoke = (arg: unknown) => {
  if (arg instanceof RevocableCallback) arg.revoke();
};
