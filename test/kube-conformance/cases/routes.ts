import type { Topic } from '../topic';
import { WIDGETS, widget } from '../widgets';

const REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';

/** Which paths, methods and representations there are: builtin kinds and custom resources have their own routers. */
export const routeCases: Topic = (conforms) => {
  conforms('route-builtin-methods', 'methods that the path of a builtin kind does not have', async (s) => ({
    deleteAcross: await s.delete('/api/v1/configmaps'),
    putAcross: await s.put('/api/v1/configmaps', s.configMap('a')),
    putCollection: await s.put('/api/v1/namespaces', {}),
    postNamed: await s.post('/api/v1/nodes/x', {}),
    options: await s.client.http('OPTIONS', s.at('v1', 'configmaps')),
  }));

  conforms('route-builtin-subresources', 'subresources of builtin kinds have methods of their own', async (s) => ({
    getEviction: await s.get(s.at('v1', 'pods', 'x', 'eviction')),
    putEviction: await s.put(s.at('v1', 'pods', 'x', 'eviction'), {}),
    postStatus: await s.post(s.at('v1', 'pods', 'x', 'status'), {}),
    nothing: await s.get(s.at('v1', 'pods', 'x', 'nothing')),
  }));

  conforms('route-reviews', 'reviews are created and nothing else', async (s) => ({
    delete: await s.delete(REVIEWS),
    watch: await s.get(`${REVIEWS}?watch=1`),
    named: await s.get(`${REVIEWS}/x`),
    put: await s.put(REVIEWS, {}),
  }));

  conforms('route-custom-methods', 'methods that the path of a custom resource does not have', async (s) => ({
    putCollection: await s.put(s.at(WIDGETS, 'widgets'), widget('a')),
    patchCollection: await s.merge(s.at(WIDGETS, 'widgets'), {}),
    options: await s.client.http('OPTIONS', s.at(WIDGETS, 'widgets')),
    deleteAcross: await s.delete(`/apis/${WIDGETS}/widgets`),
    putAcross: await s.put(`/apis/${WIDGETS}/widgets`, widget('a')),
    getAcross: await s.get(`/apis/${WIDGETS}/widgets/a`),
  }));

  conforms('route-custom-subresources', 'subresources of custom resources have methods of their own', async (s) => {
    const path = s.at(WIDGETS, 'widgets', 'w');
    await s.post(s.at(WIDGETS, 'widgets'), widget('w'));
    return {
      postStatus: await s.post(`${path}/status`, widget('w')),
      deleteStatus: await s.delete(`${path}/status`),
      deleteScale: await s.delete(`${path}/scale`),
      nothing: await s.get(`${path}/nothing`),
      kept: (await s.get(path)).code,
    };
  });

  conforms('route-accept', 'representations that nobody has, by kind and verb', async (s) => {
    const ask = (method: string, path: string, body?: unknown, type?: string) =>
      s.client.http(method, path, body, { accept: 'text/html', ...(type === undefined ? {} : { type }) });
    const configMaps = s.at('v1', 'configmaps');
    const widgets = s.at(WIDGETS, 'widgets');
    return {
      list: await ask('GET', configMaps),
      watch: await ask('GET', `${configMaps}?watch=true`),
      get: await ask('GET', `${configMaps}/a`),
      create: await ask('POST', configMaps, s.configMap('a')),
      update: await ask('PUT', `${configMaps}/a`, s.configMap('a')),
      patch: await ask('PATCH', `${configMaps}/a`, {}, 'application/merge-patch+json'),
      delete: await ask('DELETE', `${configMaps}/a`),
      deleteCollection: await ask('DELETE', configMaps),
      widgetList: await ask('GET', widgets),
      widgetWatch: await ask('GET', `${widgets}?watch=true`),
      widgetGet: await ask('GET', `${widgets}/a`),
      widgetCreate: await ask('POST', widgets, widget('a')),
      discovery: await ask('GET', '/apis'),
    };
  });
};
