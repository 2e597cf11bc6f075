import { createServer } from "node:http";
import type { Server } from "node:http";
import type { KeeperMetrics } from "./metrics.js";

/** Whether the last pass ended well lately enough. */
export interface Pulse {
  isHealthy(): boolean;
}

/** Serves `/health` (200 or 503) and `/metrics` on the loopback interface only. */
export async function serveHealth(port: number, pulse: Pulse, { registry }: KeeperMetrics): Promise<Server> {
  const server = createServer((request, response) => {
    if (request.url === "/health") {
      const isHealthy = pulse.isHealthy();
      response.writeHead(isHealthy ? 200 : 503, { "content-type": "application/json" });
      response.end(JSON.stringify({ isHealthy }));
    } else if (request.url === "/metrics") {
      void registry.metrics().then((text) => {
        response.writeHead(200, { "content-type": registry.contentType });
        response.end(text);
      });
    } else {
      response.writeHead(404);
      response.end();
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return server;
}
