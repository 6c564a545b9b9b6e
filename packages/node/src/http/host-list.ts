/**
 * Whether `host` (name, or name and port) is on the list. `*.example.com` stands for every name below example.com but
 * not for example.com itself; an entry without a port allows every port. Names are compared without regard to case.
 */
export function isListed(list: readonly string[], host: string): boolean {
  const wanted = host.toLowerCase();
  const wantedName = nameOf(wanted);
  return list.some((entry) => {
    const own = entry.toLowerCase();
    const name = nameOf(own);
    if (name !== own && portOf(own) !== portOf(wanted)) return false;
    return name.startsWith('*.')
      ? wantedName.endsWith(name.slice(1)) && wantedName.length > name.length - 1
      : name === wantedName;
  });
}

function nameOf(host: string): string {
  return host.replace(/:\d+$/, '');
}

function portOf(host: string): string {
  return /:(\d+)$/.exec(host)?.[1] ?? '';
}
