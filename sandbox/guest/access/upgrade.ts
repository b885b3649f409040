import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { createWebSocketStream, type WebSocket, WebSocketServer } from 'ws';
import { type KubeApi, type Status, tryGet } from '../../../api/ports/kube-api';
import { messageOf } from '../../../machinery/errors';
import { valueAt } from '../../../machinery/json';
import type { ObjectKey } from '../../../machinery/kube-object';
import { noContainers, statusBody } from '../../kube';
import type { WorkloadUser } from '../ports';
import { resources } from '../workload/resources';

/** kubelet's framing of forwarded ports: the first byte is the channel, 0 data, 1 an error text, for one port. */
const SUBPROTOCOL = 'v4.channel.k8s.io';
const DATA = 0;
const ERROR = 1;
const PATH = /^\/api\/v1\/namespaces\/([^/]+)\/pods\/([^/]+)\/(portforward|exec|attach)$/;

export interface PortForwardUpgrade {
  /** The API with every right. */
  readonly api: KubeApi;
  readonly open: (pod: ObjectKey, port: number) => Promise<Duplex>;
}

const sockets = new WebSocketServer({
  noServer: true,
  perMessageDeflate: false,
  handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
});

/**
 * Answers `pods/portforward` over WebSocket; one port for each connection, as Cluster API's clients ask. Who asks for
 * more than a port of a static pod, or as kubectl does, hears that there are no containers.
 */
export async function upgradeToPortForward(
  options: PortForwardUpgrade,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  user: WorkloadUser,
): Promise<void> {
  try {
    const url = new URL(request.url ?? '/', 'https://kubernetes');
    const [, namespace, name, subresource = ''] = PATH.exec(url.pathname) ?? [];
    if (namespace === undefined || name === undefined)
      return refuse(socket, status(404, 'NotFound', 'the server could not find the requested resource'));
    const pod = { namespace: decodeURIComponent(namespace), name: decodeURIComponent(name) };
    if (!(await isAllowed(options.api, user, pod, subresource)))
      return refuse(socket, status(403, 'Forbidden', `user "${user.username}" may not get pods/${subresource} here`));
    if ((await tryGet(options.api, resources.pods, pod)) === undefined)
      return refuse(socket, status(404, 'NotFound', `pods "${pod.name}" not found`));
    const isOurs = String(request.headers['sec-websocket-protocol'] ?? '').includes(SUBPROTOCOL);
    if (subresource !== 'portforward' || !isOurs) return refuse(socket, noContainers(pod.name).status);
    const port = Number(url.searchParams.get('ports') ?? url.searchParams.get('port'));
    if (!Number.isInteger(port) || port < 1 || port > 65_535)
      return refuse(socket, status(400, 'BadRequest', 'one port between 1 and 65535 must be named'));
    sockets.handleUpgrade(request, socket, head, (webSocket) => void connect(webSocket, options, pod, port));
  } catch (error) {
    refuse(socket, status(500, 'InternalError', messageOf(error)));
  }
}

async function isAllowed(api: KubeApi, user: WorkloadUser, pod: ObjectKey, subresource: string): Promise<boolean> {
  const group = 'authorization.k8s.io';
  const kind = 'SubjectAccessReview';
  const answer = await api.create(
    { group, version: 'v1', kind, plural: 'subjectaccessreviews', namespaced: false },
    {
      apiVersion: `${group}/v1`,
      kind,
      metadata: { name: '' },
      spec: {
        user: user.username,
        groups: [...user.groups],
        resourceAttributes: { verb: 'get', resource: 'pods', subresource, ...pod },
      },
    },
  );
  return valueAt(answer, 'status', 'allowed') === true;
}

async function connect(webSocket: WebSocket, options: PortForwardUpgrade, pod: ObjectKey, port: number): Promise<void> {
  // Each channel begins with the port it belongs to.
  const prefix = Buffer.alloc(2);
  prefix.writeUInt16LE(port);
  webSocket.on('error', () => webSocket.terminate());
  for (const channel of [DATA, ERROR]) webSocket.send(Buffer.concat([Buffer.of(channel), prefix]));
  let stream: Duplex;
  try {
    stream = await options.open(pod, port);
  } catch (error) {
    webSocket.send(Buffer.concat([Buffer.of(ERROR), Buffer.from(messageOf(error), 'utf8')]));
    webSocket.close();
    return;
  }
  // One message of the stream is one of the socket; its back pressure is the socket's.
  const messages = createWebSocketStream(webSocket, { readableObjectMode: true });
  messages.on('data', (message: Buffer) => {
    if (message[0] === DATA && !stream.write(message.subarray(1))) messages.pause();
  });
  stream.on('drain', () => messages.resume());
  stream.on('data', (chunk: Buffer) => {
    if (!messages.write(Buffer.concat([Buffer.of(DATA), chunk]))) stream.pause();
  });
  messages.on('drain', () => stream.resume());
  for (const [end, other] of [
    [stream, messages],
    [messages, stream],
  ] as const) {
    end.on('end', () => other.end());
    end.on('error', () => other.destroy());
    end.on('close', () => other.destroy());
  }
}

function status(code: number, reason: string, message: string): Status {
  return { code, reason, message, details: {} };
}

/** Clients print the Status of a refused upgrade. */
function refuse(socket: Duplex, refusal: Status): void {
  const body = JSON.stringify(statusBody(refusal));
  const head = [
    `HTTP/1.1 ${refusal.code} ${STATUS_CODES[refusal.code] ?? ''}`,
    'Connection: close',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
