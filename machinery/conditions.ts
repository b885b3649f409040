/** Conditions (`metav1.Condition`) and the algebra that turns many into one (`capi.md` 0.7). */

export interface Condition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason: string;
  message: string;
  /** RFC 3339, whole seconds; moves only when `status` changes. */
  lastTransitionTime: string;
  observedGeneration?: number | undefined;
}
