/** Seconds: as milliseconds it fits into 32 bits. */
export const LONGEST_TIMEOUT = 4_000_000;
