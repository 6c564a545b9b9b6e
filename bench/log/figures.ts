export function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1]!;
}

export function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
