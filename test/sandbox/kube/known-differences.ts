/** Where the sandbox answers otherwise than the recorded server: `scenario/step` → why. */
export const KNOWN_DIFFERENCES: { readonly [step: string]: string } = {
  'cr bad/15': 'a version that is not served warns of no unknown fields',
  'pods/5': 'the refusal of a pod update carries no diff',
  'rbac and others/27': 'no controller would take the protection finalizer of volumes away again',
};
