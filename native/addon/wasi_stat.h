// Attributes of files, by descriptor and by path.
#pragma once
#include <sys/stat.h>
#include "wasi.h"

namespace wasi {

// WASI's filestat: 64 bytes in preview1; wasi_unstable has a 32-bit link count and so 56 bytes.
constexpr size_t FilestatSize(bool unstable) { return unstable ? 56 : 64; }
void StoreFilestat(uint8_t* at, const struct stat& status, bool unstable);

// The times of a set_times call as utimensat(2) wants them; false for flags that contradict each other.
bool Times(int64_t atim, int64_t mtim, uint32_t flags, timespec times[2]);

}  // namespace wasi
