// SHA-256 (FIPS 180-4).
#pragma once
#include <cstddef>

// The digest as 64 hexadecimal digits and a NUL.
void Sha256Hex(const void* data, std::size_t length, char (&digits)[65]);
