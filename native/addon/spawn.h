#pragma once
#include <cstddef>

// The embedded init program.
const unsigned char* InitImage();
size_t InitImageSize();

// A sealed memory file with these bytes; -1 and errno.
int SealedMemory(const char* name, const void* data, size_t size, bool executable);
