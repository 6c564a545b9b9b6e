/** Colours that are computed: a stable one per service, and tokens as the canvas needs them. */
const SERVICE_COLORS = 10;

/** The same service has the same colour on every screen and every machine (FNV-1a over the name). */
export function serviceColor(service: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < service.length; i += 1) hash = Math.imul(hash ^ service.charCodeAt(i), 0x01000193) >>> 0;
  // The low bits of FNV-1a are weak for short names.
  return `var(--svc-${((hash >>> 16) ^ (hash & 0xffff)) % SERVICE_COLORS})`;
}

/** The colour a CSS value has now, in a form that a canvas takes: `light-dark()` and `var()` are resolved. */
export function resolveColor(value: string, within: HTMLElement): string {
  const probe = document.createElement('span');
  probe.style.color = value;
  within.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
