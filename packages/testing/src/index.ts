export { type Faults, faulty, type Scripted, type Step, scripted } from './faults.ts';
export { createRandom } from './random.ts';
export { createRecorder, type Entry, type Recorder } from './recorder.ts';
export { createVirtualClock, type VirtualClock } from './virtual-clock.ts';
