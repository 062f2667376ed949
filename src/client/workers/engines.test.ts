import * as Comlink from "comlink";
import { afterAll, describe, expect, test, vi } from "vitest";
import { engineConformance } from "../../protocol/engine-api.conformance.ts";
import type { EngineApi, ModelReference } from "../../protocol/engine-api.ts";
import { EngineClient } from "./engine-client.ts";
import { engineFor, ENGINES, type EngineKind } from "./engines.ts";
import { KvChannel } from "./kv-channel.ts";
import { spawnEngine } from "./spawn-engine.ts";
import { ECHO_MODEL, EchoEngine } from "./testing-echo-engine.ts";
import { ignore } from "./testing-engine-worker.ts";
import type { WorkerLike } from "./worker-connection.ts";

/** A second engine needs no more than a worker's script and this entry. */
const ECHO: EngineKind = {
  name: "echo",
  script: "echo.worker.js",
  runs: ({ url }) => url.startsWith("https://echo.invalid/"),
  storesKv: false,
  isMeasurable: false,
  runsOnProcessor: false,
  countsTokens: false,
};
const WITH_ECHO = [ECHO, ...ENGINES] as const;

const OTHER_MODEL = { url: "https://models.invalid/other/" };

const ports: MessagePort[] = [];
afterAll(() => {
  for (const port of ports) port.close();
});

/** Starts the engine at the other end of a channel, as a script does in a worker. */
function startEcho(terminate = vi.fn()): WorkerLike {
  const { port1, port2 } = new MessageChannel();
  ports.push(port1, port2);
  Comlink.expose(new EchoEngine(), port1);
  return Object.assign(port2, { terminate });
}

const connect = () => spawnEngine(ECHO, () => startEcho());

describe("a second engine, behind the page's own connection", () => {
  const worker = connect();

  engineConformance({
    create: () => worker.api,
    model: { url: ECHO_MODEL },
    missing: { url: "https://echo.invalid/none/" },
  });

  test("that answers nothing of storing is given no store", () => {
    const channel = new KvChannel();
    const serveKv = vi.fn();
    const died = new Promise<never>(ignore);
    channel.storeStarted({ api: { serveKv }, died });
    channel.engineStarted({ api: worker.api, died });
    expect(serveKv).not.toHaveBeenCalled();
  });
});

describe("which engine runs a model", () => {
  test("the first that can; where none can, the first of all", () => {
    expect(engineFor({ url: ECHO_MODEL }, WITH_ECHO)).toBe(ECHO);
    expect(engineFor(OTHER_MODEL, WITH_ECHO)).toBe(ENGINES[0]);
    expect(engineFor(OTHER_MODEL, [ECHO])).toBe(ECHO);
  });

  test("the page's client answers with it", async () => {
    const engine = new EngineClient({ engines: WITH_ECHO, spawn: connect });
    await engine.load({ url: ECHO_MODEL });
    const messages = [{ role: "user", text: "one two" } as const];
    const said: string[] = [];
    const request = { runId: "1", conversationId: "c", messages };
    const answer = await engine.generate(request, ({ text }) => said.push(text));
    expect(answer).toMatchObject({ ok: true, value: { text: "one two", finishReason: "stop" } });
    expect(said).toEqual(["one", " two"]);
  });

  test("a model that was compiled for WebLLM is WebLLM's, but for the processor", () => {
    const compiled = { id: "m", libraryUrl: "https://libraries.invalid/m.wasm", gpuBytes: 1 };
    expect(engineFor({ url: "u", compiled }).name).toBe("webllm");
    expect(engineFor({ url: "u", compiled, device: "gpu" }).name).toBe("webllm");
    expect(engineFor({ url: "u", compiled, device: "processor" }).name).toBe("rekindle");
    expect(engineFor({ url: "u" }).name).toBe("rekindle");
  });

  test("the engine before ends its turn and gives back the device first; a new turn waits for that", async () => {
    const calls: string[] = [];
    const spawn = (kind: EngineKind) => {
      const connection = spawnEngine(kind, () => startEcho());
      const real = { ...connection.api };
      const note = (call: string) => calls.push(`${kind.name} ${call}`);
      return Object.assign(connection, {
        api: Object.assign(connection.api, {
          release: () => real.release().finally(() => note("released")),
          load: (model: ModelReference) => (note("load"), real.load(model)),
          generate: (...asked: Parameters<EngineApi["generate"]>) => (
            note("generate"),
            real.generate(...asked)
          ),
        }),
      });
    };
    const engine = new EngineClient({ engines: WITH_ECHO, spawn });
    await engine.load({ url: ECHO_MODEL });
    const messages = [{ role: "user", text: "word ".repeat(500) } as const];
    const request = { runId: "1", conversationId: "c", messages };
    const answered = engine.generate(request, ignore);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const loading = engine.load(OTHER_MODEL);
    expect(await answered).toMatchObject({ ok: true, value: { finishReason: "cancelled" } });
    await Promise.all([loading, engine.generate({ ...request, runId: "2" }, ignore)]);
    expect(calls).toEqual([
      "echo load",
      "echo generate",
      "echo released",
      "rekindle load",
      "rekindle generate",
    ]);
  });

  test("a model of another engine ends the worker of the one before", async () => {
    const kinds: string[] = [];
    const ends: ReturnType<typeof vi.fn>[] = [];
    const spawn = (kind: EngineKind) => {
      kinds.push(kind.name);
      const end = vi.fn();
      ends.push(end);
      return spawnEngine(kind, () => startEcho(end));
    };
    const engine = new EngineClient({ engines: WITH_ECHO, spawn });
    await engine.load({ url: ECHO_MODEL });
    await engine.load({ url: ECHO_MODEL });
    expect(kinds).toEqual(["echo"]);
    await engine.load(OTHER_MODEL);
    expect(kinds).toEqual(["echo", "rekindle"]);
    expect(ends.map(({ mock }) => mock.calls.length)).toEqual([1, 0]);
    await vi.waitFor(() => expect(engine.getSnapshot().phase).toBe("failed"));
  });
});
