/** Order statistics: a busy machine makes means meaningless, medians and quartiles stay. */

export interface Summary {
  readonly median: number;
  readonly lower: number;
  readonly upper: number;
  readonly min: number;
  readonly count: number;
}

/** The p-quantile (0 to 1), linearly between the neighbouring values. Throws a RangeError without any. */
export function quantile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * p;
  const below = sorted[Math.floor(at)];
  const above = sorted[Math.ceil(at)];
  if (below === undefined || above === undefined) throw new RangeError("no values");
  return below + (above - below) * (at - Math.floor(at));
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

export function summarize(values: readonly number[]): Summary {
  return {
    median: median(values),
    lower: quantile(values, 0.25),
    upper: quantile(values, 0.75),
    min: quantile(values, 0),
    count: values.length,
  };
}

/**
 * The list in another order in each round, through all its orders: none has a fixed place, and none always comes
 * after the same other, whose end the kernel may still be cleaning up.
 */
export function ordered<T>(list: readonly T[], round: number): T[] {
  const rest = [...list];
  const order: T[] = [];
  let number = round;
  while (rest.length > 0) {
    order.push(...rest.splice(number % rest.length, 1));
    number = Math.floor(number / (rest.length + 1));
  }
  return order;
}
