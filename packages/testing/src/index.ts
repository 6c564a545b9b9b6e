export { createRandom } from './random.ts';
export { createVirtualClock, type VirtualClock } from './virtual-clock.ts';
