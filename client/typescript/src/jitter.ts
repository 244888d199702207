/** A number from 0 to 1, 1 excluded. Tests replace it. */
export type Random = () => number;

/** For a minimum wait: between `wait` and 1.2 times `wait`. */
export const upToAFifthLonger = (wait: number, random: Random): number => wait * (1 + random() / 5);

/** For a maximum wait: between half of `wait` and `wait`. */
export const upToHalfShorter = (wait: number, random: Random): number => wait * (1 - random() / 2);
