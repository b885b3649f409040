/** kubeadm's ClusterConfiguration: what is the same for all control-plane machines. */
import { dictionary, flag, int32, list, object, oneOf, text } from '../../schema';
import { extraEnvs, extraVolumes, programArguments } from './arguments';

const imageRepository = text('Registry and path images come from.', { min: 1, max: 512 });
const imageTag = text('Tag of the image.', { min: 1, max: 256 });
const certificateNames = (about: string) =>
  list(about, text('A name or an address.', { min: 1, max: 253 }), { min: 1, max: 100 });
const file = (about: string) => text(about, { min: 1, max: 512 });
const extraArgs = programArguments('Arguments of the program.', 'extraArgs');

const component = {
  extraArgs: extraArgs.optional(),
  extraVolumes: extraVolumes.optional(),
  extraEnvs: extraEnvs.optional(),
};

const localEtcd = object(
  'etcd on the control-plane machines.',
  {
    imageRepository: imageRepository.optional(),
    imageTag: imageTag.optional(),
    dataDir: file('Directory of the data.').optional(),
    extraArgs: extraArgs.optional(),
    extraEnvs: extraEnvs.optional(),
    serverCertSANs: certificateNames('Further names in the server certificate.').optional(),
    peerCertSANs: certificateNames('Further names in the peer certificate.').optional(),
  },
  { minProperties: 1 },
);

const externalEtcd = object('etcd that exists elsewhere.', {
  endpoints: list('Where its members are reached.', text('A URL.', { min: 1, max: 512 }), { min: 1, max: 50 }),
  caFile: file('File with the CA certificate.'),
  certFile: file('File with the client certificate.'),
  keyFile: file('File with the client key.'),
});

export const clusterConfiguration = object(
  'What is the same for all machines of the control plane.',
  {
    etcd: object(
      'The database.',
      { local: localEtcd.optional(), external: externalEtcd.optional() },
      { minProperties: 1 },
    ).optional(),
    controlPlaneEndpoint: text('Address of the API server; absent: that of the Cluster.', {
      min: 1,
      max: 512,
    }).optional(),
    apiServer: object(
      'kube-apiserver.',
      { ...component, certSANs: certificateNames('Further names in its certificate.').optional() },
      { minProperties: 1 },
    ).optional(),
    controllerManager: object('kube-controller-manager.', component, { minProperties: 1 }).optional(),
    scheduler: object('kube-scheduler.', component, { minProperties: 1 }).optional(),
    dns: object(
      'CoreDNS.',
      { imageRepository: imageRepository.optional(), imageTag: imageTag.optional() },
      { minProperties: 1 },
    ).optional(),
    certificatesDir: file('Directory of certificates on the machine.').optional(),
    imageRepository: imageRepository.optional(),
    featureGates: dictionary('Feature gates of kubeadm.', flag('Whether it is on.')).optional(),
    certificateValidityPeriodDays: int32('Validity of certificates kubeadm makes.', { min: 1, max: 1095 }).optional(),
    caCertificateValidityPeriodDays: int32('Validity of certificate authorities.', { min: 1, max: 36500 }).optional(),
    encryptionAlgorithm: oneOf('Algorithm of keys.', [
      'ECDSA-P256',
      'ECDSA-P384',
      'RSA-2048',
      'RSA-3072',
      'RSA-4096',
    ]).optional(),
  },
  { minProperties: 1 },
);
