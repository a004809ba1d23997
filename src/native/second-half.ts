/** In the first half of the executable: begins the command again in the second (native/front/hand_over.c). */
declare const handOver: (() => never) | undefined;

/** To be called before anything was done, where a command needs what only the second half has. */
export function needSecondHalf(): void {
  if (typeof handOver !== "undefined") handOver();
}
