/** Flags of open(2) that the lifecycle opens by; the same number on x86-64 and arm64. */
export const O_RDONLY_CLOEXEC = 0o2000000;
