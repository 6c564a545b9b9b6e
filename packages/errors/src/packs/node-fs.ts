import type { RulePack } from '../pack.ts';

/** System errors of files and devices. */
export const nodeFs: RulePack = {
  domain: 'node-fs',
  title: 'Files and devices in Node.js',
  sources: [
    'https://nodejs.org/api/errors.html#common-system-errors',
    'https://man7.org/linux/man-pages/man3/errno.3.html',
  ],
  strength: 'system-code',
  rules: [
    { when: { code: ['ENOENT', 'ENOTDIR'] }, is: 'file-not-found' },
    { when: { code: 'ENOENT', syscall: 'spawn*' }, is: 'misconfigured' },
    { when: { code: ['EEXIST', 'ENOTEMPTY', 'EISDIR', 'ERR_FS_EISDIR'] }, is: 'file-exists' },
    { when: { code: ['EACCES', 'EPERM', 'EROFS', 'ERR_ACCESS_DENIED'] }, is: 'file-access-denied' },
    { when: { code: ['ENOSPC', 'EDQUOT'] }, is: 'storage-full', but: { countsForBreaker: false } },
    { when: { code: ['EMFILE', 'ENFILE'] }, is: 'resource-exhausted', but: { countsForBreaker: false } },
    { when: { code: 'ENOMEM' }, is: 'out-of-memory', but: { countsForBreaker: false } },
    { when: { code: ['EBUSY', 'EAGAIN', 'EWOULDBLOCK', 'ETXTBSY', 'EINTR', 'EDEADLK'] }, is: 'file-busy' },
    { when: { code: ['EIO', 'ENODEV', 'ENXIO', 'ESTALE', 'EUCLEAN'] }, is: 'device-failed' },
    { when: { code: ['EFBIG', 'ERR_FS_FILE_TOO_LARGE'] }, is: 'payload-too-large', but: { httpStatus: 500 } },
    { when: { code: ['EBADF', 'EINVAL', 'ENAMETOOLONG', 'ELOOP', 'EXDEV', 'ESPIPE', 'EFAULT'] }, is: 'bug' },
    { when: { code: ['ENOSYS', 'ENOTSUP', 'EOPNOTSUPP'] }, is: 'unsupported' },
    { when: { code: 'E2BIG' }, is: 'bug' },
  ],
};
