import { dump } from 'js-yaml';
import type { KubeObject } from '../../../machinery/kube-object';
import { kubeadmRbac } from './rbac-objects';

export interface ClusterFacts {
  /** `v1.34.2` */
  readonly kubernetesVersion: string;
  /** `host:port` */
  readonly controlPlaneEndpoint: string;
  readonly caPem: string;
  readonly imageRepository: string;
  readonly coreDnsImage: string;
  readonly dnsDomain: string;
  readonly serviceSubnet: string;
  readonly podSubnet: string | undefined;
  readonly clusterConfiguration: string;
  readonly hasProxy: boolean;
  readonly hasDns: boolean;
}

/** What `kubeadm init` uploads, in its order; `kubeadm-config` comes last because upstream takes it for "initialized". */
export function initObjects(facts: ClusterFacts): readonly KubeObject[] {
  return [
    apiService(facts),
    ...kubeadmRbac(),
    configMap('kube-system', 'kubelet-config', { kubelet: kubeletConfiguration(facts) }),
    configMap('kube-public', 'cluster-info', { kubeconfig: clusterInfo(facts) }),
    ...(facts.hasDns ? coreDns(facts) : []),
    ...(facts.hasProxy ? kubeProxy(facts) : []),
    configMap('kube-system', 'kubeadm-config', { ClusterConfiguration: facts.clusterConfiguration }),
  ];
}

/** The address `n` places into a subnet, e.g. 10.96.0.10. */
export function serviceAddress(subnet: string, n: number): string {
  const [base = ''] = (subnet.split(',')[0] ?? '').split('/');
  const bytes = base.split('.').map(Number);
  if (bytes.length !== 4) return `${base.replace(/::$/, '')}::${n.toString(16)}`;
  bytes[3] = (bytes[3] ?? 0) + n;
  return bytes.join('.');
}

function configMap(namespace: string, name: string, data: { readonly [key: string]: string }): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data };
}

function serviceAccount(name: string): KubeObject {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: 'kube-system' } };
}

function clusterInfo(facts: ClusterFacts): string {
  const ca = Buffer.from(facts.caPem, 'utf8').toString('base64');
  return [
    'apiVersion: v1',
    'clusters:',
    '- cluster:',
    `    certificate-authority-data: ${ca}`,
    `    server: https://${facts.controlPlaneEndpoint}`,
    '  name: ""',
    'contexts: null',
    'current-context: ""',
    'kind: Config',
    'preferences: {}',
    'users: null',
    '',
  ].join('\n');
}

function kubeletConfiguration(facts: ClusterFacts): string {
  return [
    'apiVersion: kubelet.config.k8s.io/v1beta1',
    'authentication:',
    '  anonymous:',
    '    enabled: false',
    '  webhook:',
    '    cacheTTL: 0s',
    '    enabled: true',
    '  x509:',
    '    clientCAFile: /etc/kubernetes/pki/ca.crt',
    'authorization:',
    '  mode: Webhook',
    'cgroupDriver: systemd',
    'clusterDNS:',
    `- ${serviceAddress(facts.serviceSubnet, 10)}`,
    `clusterDomain: ${facts.dnsDomain}`,
    'kind: KubeletConfiguration',
    'rotateCertificates: true',
    'staticPodPath: /etc/kubernetes/manifests',
    '',
  ].join('\n');
}

/** What kube-apiserver makes for itself. */
function apiService(facts: ClusterFacts): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: 'kubernetes',
      namespace: 'default',
      labels: { component: 'apiserver', provider: 'kubernetes' },
    },
    spec: {
      clusterIP: serviceAddress(facts.serviceSubnet, 1),
      ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: 6443 }],
    },
  };
}

function coreDns(facts: ClusterFacts): readonly KubeObject[] {
  const labels = { 'k8s-app': 'kube-dns' };
  const corefile = [
    '.:53 {',
    '    errors',
    '    health {',
    '       lameduck 5s',
    '    }',
    '    ready',
    `    kubernetes ${facts.dnsDomain} in-addr.arpa ip6.arpa {`,
    '       pods insecure',
    '       fallthrough in-addr.arpa ip6.arpa',
    '       ttl 30',
    '    }',
    '    prometheus :9153',
    '    forward . /etc/resolv.conf {',
    '       max_concurrent 1000',
    '    }',
    '    cache 30',
    '    loop',
    '    reload',
    '    loadbalance',
    '}',
    '',
  ].join('\n');
  return [
    configMap('kube-system', 'coredns', { Corefile: corefile }),
    serviceAccount('coredns'),
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'coredns', namespace: 'kube-system', labels },
      spec: {
        replicas: 2,
        selector: { matchLabels: labels },
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
        template: {
          metadata: { labels },
          spec: {
            containers: [
              {
                name: 'coredns',
                image: facts.coreDnsImage,
                args: ['-conf', '/etc/coredns/Corefile'],
                volumeMounts: [{ name: 'config-volume', mountPath: '/etc/coredns', readOnly: true }],
              },
            ],
            dnsPolicy: 'Default',
            nodeSelector: { 'kubernetes.io/os': 'linux' },
            priorityClassName: 'system-cluster-critical',
            serviceAccountName: 'coredns',
            tolerations: [
              { key: 'CriticalAddonsOnly', operator: 'Exists' },
              { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' },
            ],
            volumes: [
              { name: 'config-volume', configMap: { name: 'coredns', items: [{ key: 'Corefile', path: 'Corefile' }] } },
            ],
          },
        },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {
        name: 'kube-dns',
        namespace: 'kube-system',
        labels: { ...labels, 'kubernetes.io/cluster-service': 'true', 'kubernetes.io/name': 'CoreDNS' },
      },
      spec: {
        clusterIP: serviceAddress(facts.serviceSubnet, 10),
        selector: labels,
        ports: [
          { name: 'dns', port: 53, protocol: 'UDP', targetPort: 53 },
          { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: 53 },
          { name: 'metrics', port: 9153, protocol: 'TCP', targetPort: 9153 },
        ],
      },
    },
  ];
}

function kubeProxy(facts: ClusterFacts): readonly KubeObject[] {
  const labels = { 'k8s-app': 'kube-proxy' };
  const account = '/var/run/secrets/kubernetes.io/serviceaccount';
  const kubeconfig = dump({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        cluster: { 'certificate-authority': `${account}/ca.crt`, server: `https://${facts.controlPlaneEndpoint}` },
        name: 'default',
      },
    ],
    contexts: [{ context: { cluster: 'default', namespace: 'default', user: 'default' }, name: 'default' }],
    'current-context': 'default',
    users: [{ name: 'default', user: { tokenFile: `${account}/token` } }],
  });
  const config = [
    'apiVersion: kubeproxy.config.k8s.io/v1alpha1',
    'clientConnection:',
    '  kubeconfig: /var/lib/kube-proxy/kubeconfig.conf',
    `clusterCIDR: ${facts.podSubnet ?? '""'}`,
    'kind: KubeProxyConfiguration',
    '',
  ].join('\n');
  return [
    serviceAccount('kube-proxy'),
    configMap('kube-system', 'kube-proxy', { 'config.conf': config, 'kubeconfig.conf': kubeconfig }),
    {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'kube-proxy', namespace: 'kube-system', labels },
      spec: {
        selector: { matchLabels: labels },
        updateStrategy: { type: 'RollingUpdate' },
        template: {
          metadata: { labels },
          spec: {
            containers: [
              {
                name: 'kube-proxy',
                image: `${facts.imageRepository}/kube-proxy:${facts.kubernetesVersion}`,
                command: [
                  '/usr/local/bin/kube-proxy',
                  '--config=/var/lib/kube-proxy/config.conf',
                  '--hostname-override=$(NODE_NAME)',
                ],
              },
            ],
            hostNetwork: true,
            nodeSelector: { 'kubernetes.io/os': 'linux' },
            priorityClassName: 'system-node-critical',
            serviceAccountName: 'kube-proxy',
            tolerations: [{ operator: 'Exists' }],
          },
        },
      },
    },
  ];
}
