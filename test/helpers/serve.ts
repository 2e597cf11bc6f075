import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { text } from "node:stream/consumers";
import type { NetworkConnection } from "hardhat/types/network";

/** Serves the in-process chain on a port of the loopback interface. */
export async function serve({
  provider,
}: Pick<NetworkConnection, "provider">): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    void (async () => {
      const { id, method, params } = JSON.parse(await text(request)) as {
        id: number;
        method: string;
        params: unknown[];
      };
      const answer = await provider.request({ method, params }).then(
        (result: unknown) => ({ result }),
        (error: unknown) => ({ error: { code: -32_000, message: String(error) } }),
      );
      response.end(JSON.stringify({ jsonrpc: "2.0", id, ...answer }));
    })();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { server, url: `http://127.0.0.1:${address.port}` };
}
