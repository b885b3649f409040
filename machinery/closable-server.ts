import type { Server, Socket } from 'node:net';

/**
 * Makes a server that can end at once. By itself one waits for its connections, and Node's `closeAllConnections` knows
 * only those that got as far as HTTP: a connection that was accepted and has not finished its TLS handshake kept a server
 * until the other side gave it up (90 s for a Kubernetes API server).
 * @param server - before it listens
 * @returns ends the server and every connection, and resolves when they are gone
 */
export function closableServer(server: Server): () => Promise<void> {
  const connections = new Set<Socket>();
  server.on('connection', (connection: Socket) => {
    connections.add(connection);
    connection.once('close', () => connections.delete(connection));
  });
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const connection of connections) connection.destroy();
    });
}
