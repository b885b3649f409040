import { z } from 'zod';
import { parseGoDuration } from './duration';

/** The configuration kinds of kubeadm, with every field of v1beta3 and v1beta4; an unknown field is an error. */

export type KubeadmVersion = 'v1beta3' | 'v1beta4';

const duration = z.string().refine((text) => parseGoDuration(text) !== undefined, 'time: invalid duration');
const argument = z.strictObject({ name: z.string(), value: z.string() });
const argumentMap = z
  .record(z.string(), z.string())
  .transform((map) => Object.entries(map).map(([name, value]) => ({ name, value })));
const envVar = z.strictObject({ name: z.string(), value: z.string().optional(), valueFrom: z.unknown().optional() });
const image = { imageRepository: z.string().optional(), imageTag: z.string().optional() };
const patches = z.strictObject({ directory: z.string().optional() }).optional();
const apiEndpoint = z.strictObject({ advertiseAddress: z.string().optional(), bindPort: z.int().optional() });
const volume = z.strictObject({
  name: z.string(),
  hostPath: z.string(),
  mountPath: z.string(),
  readOnly: z.boolean().optional(),
  pathType: z.string().optional(),
});
const taint = z.strictObject({
  key: z.string(),
  value: z.string().optional(),
  effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']),
  timeAdded: z.string().optional(),
});
const timeouts = z.strictObject({
  controlPlaneComponentHealthCheck: duration.optional(),
  kubeletHealthCheck: duration.optional(),
  kubernetesAPICall: duration.optional(),
  etcdAPICall: duration.optional(),
  tlsBootstrap: duration.optional(),
  discovery: duration.optional(),
  upgradeManifests: duration.optional(),
});
const bootstrapToken = z.strictObject({
  token: z.string().regex(/^[a-z0-9]{6}\.[a-z0-9]{16}$/, 'the bootstrap token is invalid'),
  description: z.string().optional(),
  ttl: duration.optional(),
  expires: z.string().optional(),
  usages: z.array(z.string()).optional(),
  groups: z.array(z.string()).optional(),
});

function schemasOf(version: KubeadmVersion) {
  const isNew = version === 'v1beta4';
  // All these fields are optional, so a v1beta3 document without them has the same type.
  const onlyNew = <T extends z.ZodRawShape>(shape: T): T => (isNew ? shape : ({} as T));
  const onlyOld = <T extends z.ZodRawShape>(shape: T): T => (isNew ? ({} as T) : shape);
  const extraArgs = (isNew ? z.array(argument) : argumentMap).optional();
  const header = { apiVersion: z.literal(`kubeadm.k8s.io/${version}`), kind: z.string() };
  const component = {
    extraArgs,
    extraVolumes: z.array(volume).optional(),
    ...onlyNew({ extraEnvs: z.array(envVar).optional() }),
  };
  const nodeRegistration = z
    .strictObject({
      name: z.string().optional(),
      criSocket: z.string().optional(),
      taints: z.array(taint).optional(),
      kubeletExtraArgs: extraArgs,
      ignorePreflightErrors: z.array(z.string()).optional(),
      imagePullPolicy: z.enum(['Always', 'IfNotPresent', 'Never']).optional(),
      ...onlyNew({ imagePullSerial: z.boolean().optional() }),
    })
    .optional();
  const common = {
    skipPhases: z.array(z.string()).optional(),
    patches,
    ...onlyNew({ dryRun: z.boolean().optional(), timeouts: timeouts.optional() }),
  };
  const ClusterConfiguration = z.strictObject({
    ...header,
    etcd: z
      .strictObject({
        local: z
          .strictObject({
            ...image,
            dataDir: z.string().optional(),
            extraArgs,
            ...onlyNew({ extraEnvs: z.array(envVar).optional() }),
            serverCertSANs: z.array(z.string()).optional(),
            peerCertSANs: z.array(z.string()).optional(),
          })
          .optional(),
        external: z
          .strictObject({
            endpoints: z.array(z.string()),
            caFile: z.string(),
            certFile: z.string(),
            keyFile: z.string(),
          })
          .optional(),
      })
      .optional(),
    networking: z
      .strictObject({
        serviceSubnet: z.string().optional(),
        podSubnet: z.string().optional(),
        dnsDomain: z.string().optional(),
      })
      .optional(),
    kubernetesVersion: z.string().optional(),
    controlPlaneEndpoint: z.string().optional(),
    apiServer: z
      .strictObject({
        ...component,
        certSANs: z.array(z.string()).optional(),
        ...onlyOld({ timeoutForControlPlane: duration.optional() }),
      })
      .optional(),
    controllerManager: z.strictObject(component).optional(),
    scheduler: z.strictObject(component).optional(),
    dns: z.strictObject({ ...image, ...onlyNew({ disabled: z.boolean().optional() }) }).optional(),
    certificatesDir: z.string().optional(),
    imageRepository: z.string().optional(),
    featureGates: z.record(z.string(), z.boolean()).optional(),
    clusterName: z.string().optional(),
    ...onlyNew({
      proxy: z.strictObject({ disabled: z.boolean().optional() }).optional(),
      encryptionAlgorithm: z.enum(['ECDSA-P256', 'ECDSA-P384', 'RSA-2048', 'RSA-3072', 'RSA-4096']).optional(),
      certificateValidityPeriod: duration.optional(),
      caCertificateValidityPeriod: duration.optional(),
    }),
  });
  const InitConfiguration = z.strictObject({
    ...header,
    ...common,
    bootstrapTokens: z.array(bootstrapToken).optional(),
    nodeRegistration,
    localAPIEndpoint: apiEndpoint.optional(),
    certificateKey: z.string().optional(),
  });
  const JoinConfiguration = z.strictObject({
    ...header,
    ...common,
    nodeRegistration,
    caCertPath: z.string().optional(),
    discovery: z.strictObject({
      bootstrapToken: z
        .strictObject({
          token: z.string(),
          apiServerEndpoint: z.string().optional(),
          caCertHashes: z.array(z.string()).optional(),
          unsafeSkipCAVerification: z.boolean().optional(),
        })
        .optional(),
      file: z.strictObject({ kubeConfigPath: z.string() }).optional(),
      tlsBootstrapToken: z.string().optional(),
      ...onlyOld({ timeout: duration.optional() }),
    }),
    controlPlane: z
      .strictObject({ localAPIEndpoint: apiEndpoint.optional(), certificateKey: z.string().optional() })
      .optional(),
  });
  return { ClusterConfiguration, InitConfiguration, JoinConfiguration };
}

export const kubeadmSchemas = { v1beta3: schemasOf('v1beta3'), v1beta4: schemasOf('v1beta4') };

type Kinds = ReturnType<typeof schemasOf>;
export type ClusterConfiguration = z.output<Kinds['ClusterConfiguration']>;
export type InitConfiguration = z.output<Kinds['InitConfiguration']>;
export type JoinConfiguration = z.output<Kinds['JoinConfiguration']>;
export type NodeRegistration = NonNullable<InitConfiguration['nodeRegistration']>;
export type ExtraArgument = z.output<typeof argument>;
