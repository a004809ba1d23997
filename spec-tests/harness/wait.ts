/** Waiting for a condition: polled until a deadline, never slept for. */

/** How long anything that a test waits for may take, in milliseconds; a loaded machine needs the slack. */
export const DEADLINE = 15_000;

const PAUSE = 3;

/** The first value of `probe` that is neither false nor undefined. Throws with `what` when the deadline passes. */
export async function until<T>(
  what: string,
  probe: () => T | false | undefined,
  deadline: number = DEADLINE,
): Promise<T> {
  const end = Date.now() + deadline;
  for (;;) {
    const value = probe();
    if (value !== false && value !== undefined) return value;
    if (Date.now() > end) throw new Error(`waited ${deadline} ms in vain: ${what}`);
    await new Promise((resume) => setTimeout(resume, PAUSE));
  }
}
