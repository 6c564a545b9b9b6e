/** Only a path of this page: an address in the link must not lead elsewhere after the login, nor back to it. */
export function localPath(next: string | undefined): string {
  return next && /^\/(?![/\\])/.test(next) && !/^\/login(?:[/?#]|$)/.test(next) ? next : '/';
}
