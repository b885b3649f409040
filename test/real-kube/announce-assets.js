/** Jest does not show what a suite prints that is skipped as a whole. */
module.exports = () => {
  if (process.env.KUBEBUILDER_ASSETS !== undefined) return;
  process.stderr.write(
    'KUBEBUILDER_ASSETS is not set, so there is no real kube-apiserver: all of test/real-kube is skipped.\n' +
      'Get one with `setup-envtest use -p path`, and set the variable to the path that it prints.\n',
  );
};
