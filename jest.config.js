// Packages that ship only ES modules are compiled once and cached.
const esm = ['@kubernetes/client-node', 'openid-client', 'oauth4webapi', 'jose', '@marcbachmann/cel-js'];
const swc = [
  '@swc/jest',
  {
    jsc: {
      target: 'es2022',
      parser: { syntax: 'typescript', decorators: true },
      keepClassNames: true,
    },
    module: { type: 'commonjs' },
  },
];

const shared = {
  testEnvironment: 'node',
  rootDir: __dirname,
  testEnvironmentOptions: { customExportConditions: ['capstan-source', 'node', 'node-addons'] },
  transform: { '^.+\\.tsx?$': swc, [`node_modules/(?:${esm.join('|')})/.+\\.m?js$`]: swc },
  transformIgnorePatterns: [`/node_modules/(?!(?:${esm.join('|')})/)`],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.cdk8s/'],
};

/** `npm test` needs Node and git alone; `npm run test:real-kube` needs KUBEBUILDER_ASSETS. */
module.exports = {
  testTimeout: 60_000,
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: ['<rootDir>/test/real-kube/'],
      globalSetup: '<rootDir>/test/before-all.js',
    },
    {
      ...shared,
      displayName: 'real-kube',
      testMatch: ['<rootDir>/test/real-kube/**/*.test.ts'],
      globalSetup: '<rootDir>/test/real-kube/announce-assets.js',
    },
  ],
};
