/** The facade of the clock: what ECMAScript has counts in milliseconds only. */
import { native } from "./index.ts";

interface Clock {
  /** Since some moment; only goes forward. */
  microseconds(): number;
}

export const clock = (): Clock => native<Clock>();
