/** Takes off what is due by now. @param plans In the order of their times, Unix seconds. */
export function takeDue<P extends { readonly time: number }>(plans: P[], now: number): P[] {
  const later = plans.findIndex(({ time }) => time > now);
  return plans.splice(0, later === -1 ? plans.length : later);
}
