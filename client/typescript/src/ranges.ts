/** Returns the value of a setting. Throws a RangeError if it is not a number from min to max. */
export function inRange(name: string, value: number, min: number, max: number): number {
  if (!(value >= min && value <= max)) {
    throw new RangeError(`${name}: ${value} (expected: ${min} to ${max})`);
  }
  return value;
}
