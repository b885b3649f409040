import type { IncomingMessage, ServerResponse } from 'node:http';
import { aggregated, coreVersions, groupList, oneGroup, resourceList } from '../discovery/documents';
import { encodeSwagger } from '../discovery/gnostic';
import { OpenApiDocuments } from '../discovery/openapi';
import type { Registry } from '../registry/registry';
import { negotiate } from './negotiate';
import { sendBytes, sendObject, sendText } from './respond';

/** What `/version` says: the release whose behaviour this server follows. */
const VERSION = {
  major: '1',
  minor: '34',
  emulationMajor: '1',
  emulationMinor: '34',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '33',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '2025-11-11T00:00:00Z',
  goVersion: 'none',
  compiler: 'capstan',
  platform: 'linux/amd64',
};

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/** Clients ask with `@`, which is no letter of a media type; the answer has none. */
const SWAGGER_PROTOBUF = /application\/com\.github\.proto-openapi\.spec\.v2[@.]v1\.0\+protobuf/;
const SWAGGER_PROTOBUF_TYPE = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

const ROOTS = ['/api', '/api/v1', '/apis', '/healthz', '/livez', '/openapi/v2', '/openapi/v3', '/readyz', '/version'];

/** Paths that are not resources: discovery, OpenAPI, health, version. */
export class PathHandler {
  readonly #openApi: OpenApiDocuments;

  /** @param gitVersion what clients take as the Kubernetes version, `v1.34.2` */
  constructor(
    private readonly registry: Registry,
    private readonly gitVersion: string,
  ) {
    this.#openApi = new OpenApiDocuments(registry);
  }

  /** Answers and returns true, or returns false when there is nothing at the path. */
  answer(request: IncomingMessage, response: ServerResponse, path: string): boolean {
    const trimmed = path.length > 1 ? path.replace(/\/$/, '') : path;
    const health = /^\/(healthz|livez|readyz)(\/[\w-]+)?$/.exec(trimmed);
    if (health !== null) {
      sendText(response, 200, 'ok');
      return true;
    }
    if (trimmed === '/openapi/v2') {
      this.#sendV2(request, response);
      return true;
    }
    const document = /^\/openapi\/v3\/(.+)$/.exec(trimmed);
    if (document !== null) return this.#sendV3(response, document[1] ?? '');
    const body = this.#body(request, trimmed);
    if (body === undefined) return false;
    const { kind } = body as { kind?: unknown };
    // Clients tell the two forms of discovery apart by the content type.
    const contentType = kind === 'APIGroupDiscoveryList' ? AGGREGATED : undefined;
    sendObject(response, 200, body, undefined, [], contentType);
    return true;
  }

  #body(request: IncomingMessage, path: string): object | undefined {
    if (path === '/') return { paths: ROOTS };
    if (path === '/version') return { ...VERSION, ...this.#numbers(), gitVersion: this.gitVersion };
    if (path === '/openapi/v3') return this.#openApi.index();
    if (path === '/api' || path === '/apis') {
      const { as } = negotiate(request, 'custom');
      if (as === 'APIGroupDiscoveryList') return aggregated(this.registry, path === '/api');
      return path === '/api' ? coreVersions(request.headers.host ?? '') : groupList(this.registry);
    }
    const [, root, first, second, more] = path.split('/');
    if (more !== undefined) return undefined;
    if (root === 'api' && first !== undefined && second === undefined) return resourceList(this.registry, '', first);
    if (root !== 'apis' || first === undefined) return undefined;
    return second === undefined ? oneGroup(this.registry, first) : resourceList(this.registry, first, second);
  }

  #numbers(): object {
    const [major = '1', minor = '34'] = this.gitVersion.replace(/^v/, '').split('.');
    return { major, minor, emulationMajor: major, emulationMinor: minor };
  }

  #sendV2(request: IncomingMessage, response: ServerResponse): void {
    const accept = request.headers.accept ?? '*/*';
    if (/json|\*/.test(accept)) sendObject(response, 200, this.#openApi.v2());
    else if (SWAGGER_PROTOBUF.test(accept)) {
      sendBytes(response, SWAGGER_PROTOBUF_TYPE, encodeSwagger(this.#openApi.v2()));
    } else response.writeHead(406, { 'content-length': 0 }).end();
  }

  #sendV3(response: ServerResponse, path: string): boolean {
    const text = this.#openApi.document(path);
    if (text === undefined) return false;
    sendBytes(response, 'application/json', Buffer.from(text));
    return true;
  }
}
