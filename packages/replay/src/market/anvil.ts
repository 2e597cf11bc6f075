import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { Agent, request as httpRequest } from "node:http";
import { createRequire } from "node:module";
import { type AddressInfo, connect, createServer } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

/** A request of JSON-RPC. */
export interface RpcRequest {
  readonly method: string;
  readonly params?: readonly unknown[];
}

/** Thrown where a node answers with an error. */
export class NodeError extends Error {
  override readonly name = "NodeError";

  /** @param code That of JSON-RPC. @param data What a contract reverted with, if it did. */
  constructor(
    message: string,
    readonly code: number,
    readonly data: unknown,
  ) {
    super(message);
  }
}

/** A node could not be started. */
export class NodeStartError extends Error {
  override readonly name = "NodeStartError";

  constructor(readonly output: string) {
    super(`the node did not start: ${output.trim() || "it said nothing"}`);
  }
}

export interface AnvilOptions {
  /** Unix seconds of the block before the first. */
  readonly genesisTime: number;
  readonly chainId: number;
  readonly blockGasLimit: bigint;
  readonly allowUnlimitedContractSize: boolean;
}

interface Answer {
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

const HOST = "127.0.0.1";
const STARTUP_MS = 30_000;
const POLL_MS = 20;
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };

/**
 * An Anvil on loopback, as a child of this process, which ends with it.
 *
 * Two processes: an empty chain, and its fork, which is the one that is asked. A fork computes no state root for its blocks; that takes
 * longer than the transactions in them as soon as there is some state. For the same reason no state but the latest is kept.
 */
export class Anvil {
  readonly #port: number;
  readonly #end: () => void;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  #id = 0;

  private constructor(port: number, end: () => void) {
    this.#port = port;
    this.#end = end;
  }

  /** Whether npm has it for this machine. */
  static isInstalled(): boolean {
    return binary() !== undefined;
  }

  /** @throws NodeStartError */
  static async start({ genesisTime, ...options }: AnvilOptions): Promise<Anvil> {
    const children: ChildProcess[] = [];
    const end = () => {
      process.off("exit", end);
      for (const child of children) child.kill();
    };
    process.on("exit", end);
    exitWhenTerminated();
    const common = [`--gas-limit=${options.blockGasLimit}`, `--chain-id=${options.chainId}`];
    if (options.allowUnlimitedContractSize) common.push("--disable-code-size-limit");
    try {
      const ground = await launch([...common, `--timestamp=${genesisTime}`], children);
      const fork = [`--fork-url=http://${HOST}:${ground}`, "--fork-block-number=0", "--no-storage-caching"];
      const asked = [...common, ...fork, "--no-rate-limit", "--prune-history", "--auto-impersonate"];
      return new Anvil(await launch(asked, children), end);
    } catch (error) {
      end();
      throw error;
    }
  }

  /** @throws NodeError */
  async request(request: RpcRequest): Promise<unknown> {
    return resultOf((await this.#post(this.#numbered(request))) as Answer);
  }

  /** Several requests in one message, done in their order. @returns the last result. @throws NodeError for the first that fails. */
  async requestAll(requests: readonly RpcRequest[]): Promise<unknown> {
    const answers = (await this.#post(requests.map((one) => this.#numbered(one)))) as Answer[];
    return answers.map(resultOf).at(-1);
  }

  close(): void {
    this.#agent.destroy();
    this.#end();
  }

  #numbered({ method, params = [] }: RpcRequest) {
    return { jsonrpc: "2.0", id: ++this.#id, method, params };
  }

  async #post(message: unknown): Promise<unknown> {
    const body = Buffer.from(JSON.stringify(message));
    const headers = { "content-type": "application/json", "content-length": body.length };
    const call = httpRequest({ host: HOST, port: this.#port, method: "POST", agent: this.#agent, headers });
    call.end(body);
    const [response] = (await once(call, "response")) as [NodeJS.ReadableStream];
    const parts: Buffer[] = [];
    for await (const part of response) parts.push(part as Buffer);
    return JSON.parse(Buffer.concat(parts).toString()) as unknown;
  }
}

function resultOf({ result, error }: Answer): unknown {
  if (error !== undefined) throw new NodeError(error.message, error.code, error.data);
  return result;
}

/** The executable in the package for this platform, if npm installed one. */
function binary(): string | undefined {
  const name = `@foundry-rs/anvil-${process.platform}-${ARCHITECTURES[process.arch] ?? process.arch}`;
  const file = process.platform === "win32" ? "anvil.exe" : "anvil";
  try {
    return createRequire(import.meta.url).resolve(`${name}/bin/${file}`);
  } catch {
    return undefined;
  }
}

/** Who is terminated by a signal leaves no children behind: only a process that exits tells them. */
function exitWhenTerminated(): void {
  for (const signal of ["SIGTERM", "SIGHUP"] as const)
    if (process.listenerCount(signal) === 0) process.once(signal, () => process.exit(1));
}

/** Starts one, adds it to the children and waits until it listens. @returns its port. */
async function launch(args: readonly string[], children: ChildProcess[]): Promise<number> {
  const program = binary();
  if (program === undefined) throw new NodeStartError("Anvil is not installed for this machine");
  const port = await freePort();
  const child = spawn(program, [...args, `--host=${HOST}`, `--port=${port}`, "--hardfork=osaka", "--quiet"], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.once("error", (error) => (output += error.message));
  const deadline = performance.now() + STARTUP_MS;
  while (!(await isListening(port))) {
    if (child.exitCode !== null || performance.now() > deadline) throw new NodeStartError(output);
    await pause(POLL_MS);
  }
  return port;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, HOST);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, HOST);
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
