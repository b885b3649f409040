/** kubeadm's InitConfiguration and JoinConfiguration: what is said about one machine. */
import { bytes, flag, int32, list, object, oneOf, text, texts, time } from '../../schema';
import { programArguments } from './arguments';

const taint = object('A taint.', {
  key: text('Key of the taint.'),
  value: text('Value of the taint.').optional(),
  effect: text('NoSchedule, PreferNoSchedule or NoExecute.'),
  timeAdded: time('When it was added.').optional(),
});

const nodeRegistration = object(
  'How the node registers itself.',
  {
    name: text('Name of the Node.', { min: 1, max: 253 }).optional(),
    criSocket: text('Socket of the container runtime.', { min: 1, max: 512 }).optional(),
    taints: list("Taints; absent: kubeadm's own, empty: none.", taint, { min: 0, max: 100, type: 'unset' }).optional(),
    kubeletExtraArgs: programArguments('Arguments of the kubelet.', 'kubeletExtraArgs').optional(),
    ignorePreflightErrors: list('Checks whose failure is ignored.', text('Name of a check.', { min: 1, max: 512 }), {
      min: 1,
      max: 50,
    }).optional(),
    imagePullPolicy: oneOf('When images are pulled.', ['Always', 'IfNotPresent', 'Never']).optional(),
    imagePullSerial: flag('Whether images are pulled one after the other.').optional(),
  },
  { minProperties: 1 },
);

const localAPIEndpoint = object(
  'Where the API server of this machine listens.',
  {
    advertiseAddress: text('Address it tells others.', { min: 1, max: 39 }).optional(),
    bindPort: int32('Port.', { min: 1 }).optional(),
  },
  { minProperties: 1 },
);

const timeout = (about: string) => int32(about, { min: 0 }).optional();

const common = {
  nodeRegistration: nodeRegistration.optional(),
  skipPhases: list('Phases of kubeadm that are left out.', text('Name of a phase.', { min: 1, max: 256 }), {
    min: 1,
    max: 50,
  }).optional(),
  patches: object(
    'Patches for the manifests kubeadm writes.',
    { directory: text('Directory on the machine they are read from.', { min: 1, max: 512 }).optional() },
    { minProperties: 1 },
  ).optional(),
  timeouts: object(
    'How long kubeadm waits.',
    {
      controlPlaneComponentHealthCheckSeconds: timeout('For components of the control plane.'),
      kubeletHealthCheckSeconds: timeout('For the kubelet.'),
      kubernetesAPICallSeconds: timeout('For the API server.'),
      etcdAPICallSeconds: timeout('For etcd.'),
      tlsBootstrapSeconds: timeout("For the kubelet's certificate."),
      discoverySeconds: timeout('For discovery.'),
    },
    { minProperties: 1 },
  ).optional(),
};

const bootstrapToken = object('A token nodes join with.', {
  token: text('The token: six characters, a dot, sixteen characters.', { min: 1, max: 23 }),
  description: text('What it is for.', { min: 1, max: 512 }).optional(),
  ttlSeconds: int32('Seconds it lives.', { min: 0 }).optional(),
  expires: time('When it ends; wins over ttlSeconds.').optional(),
  usages: list('What it may be used for.', text('A usage.', { min: 1, max: 256 }), { min: 1, max: 100 }).optional(),
  groups: list('Groups it authenticates as.', text('A group.', { min: 1, max: 256 }), { min: 1, max: 100 }).optional(),
});

export const initConfiguration = object(
  'What the first machine is told.',
  {
    bootstrapTokens: list('Tokens that are made.', bootstrapToken, { min: 1, max: 100 }).optional(),
    localAPIEndpoint: localAPIEndpoint.optional(),
    ...common,
  },
  { minProperties: 1 },
);

const kubeConfigUser = object(
  'Who the machine is.',
  {
    authProvider: object('A provider of credentials.', {
      name: text('Name of the provider.', { min: 1, max: 256 }),
      config: texts('Its settings.').optional(),
    }).optional(),
    exec: object('A program that prints credentials.', {
      command: text('The program.', { min: 1, max: 1024 }),
      args: list('Its arguments.', text('An argument.', { min: 1, max: 512 }), { min: 1, max: 100 }).optional(),
      env: list(
        'Its environment.',
        object('A variable.', {
          name: text('Name of the variable.', { min: 1, max: 512 }),
          value: text('Its value.', { min: 1, max: 512 }),
        }),
        { min: 1, max: 100 },
      ).optional(),
      apiVersion: text('Version of the exchange.', { min: 1, max: 512 }).optional(),
      provideClusterInfo: flag('Whether it is told about the cluster.').optional(),
    }).optional(),
  },
  { minProperties: 1 },
);

const discoveryFile = object('A kubeconfig on the machine.', {
  kubeConfigPath: text('Its path.', { min: 1, max: 512 }),
  kubeConfig: object('What is written there; absent: it is there already.', {
    cluster: object(
      'The cluster; absent: as the Cluster says.',
      {
        server: text('URL of the API server.', { min: 1, max: 512 }).optional(),
        tlsServerName: text('Name in its certificate.', { min: 1, max: 512 }).optional(),
        insecureSkipTLSVerify: flag('Whether its certificate is not checked.').optional(),
        certificateAuthorityData: bytes('CA certificate.', { min: 1, max: 51200 }).optional(),
        proxyURL: text('Proxy on the way.', { min: 1, max: 512 }).optional(),
      },
      { minProperties: 1 },
    ).optional(),
    user: kubeConfigUser,
  }).optional(),
});

const discovery = object(
  'How the machine finds the cluster and learns to trust it.',
  {
    bootstrapToken: object(
      'By a token; filled in where it says nothing.',
      {
        token: text('The token.', { min: 1, max: 512 }).optional(),
        apiServerEndpoint: text('Host and port of the API server.', { min: 1, max: 512 }).optional(),
        caCertHashes: list("Hashes of the CA's public key.", text('A hash.', { min: 1, max: 512 }), {
          min: 1,
          max: 100,
        }).optional(),
        unsafeSkipCAVerification: flag('Whether the CA is not checked.').optional(),
      },
      { minProperties: 1 },
    ).optional(),
    file: discoveryFile.optional(),
    tlsBootstrapToken: text("Token for the kubelet's certificate.", { min: 1, max: 512 }).optional(),
  },
  { minProperties: 1 },
);

export const joinConfiguration = object(
  'What every other machine is told.',
  {
    caCertPath: text('File with the CA certificate.', { min: 1, max: 512 }).optional(),
    discovery: discovery.optional(),
    controlPlane: object('The machine joins the control plane.', {
      localAPIEndpoint: localAPIEndpoint.optional(),
    }).optional(),
    ...common,
  },
  { minProperties: 1 },
);
