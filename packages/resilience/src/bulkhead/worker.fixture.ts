/** Work for the tests of the worker bulkhead. */
export default function work(input: { do: string; n?: number }): unknown {
  switch (input.do) {
    case 'square':
      return input.n! ** 2;
    case 'throw':
      throw new RangeError('out of range');
    case 'spin':
      for (;;) Math.random();
    case 'eat': {
      const hoard: number[][] = [];
      for (;;) hoard.push(new Array(100_000).fill(Math.random()));
    }
    case 'exit':
      return process.exit(3);
    default:
      return new Promise(() => undefined);
  }
}
