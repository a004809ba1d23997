// A loop that only computes: numbers, memory, branches. Also built as an ordinary program, to be compared with.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { WORDS = 1 << 16 };

static uint32_t words[WORDS];

static uint32_t next(uint32_t *state) {
  uint32_t x = *state;
  x ^= x << 13;
  x ^= x >> 17;
  x ^= x << 5;
  return *state = x;
}

int main(int argc, char **argv) {
  uint32_t rounds = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1, state = 2463534242u;
  uint64_t sum = 0;
  double mean = 0;
  for (uint32_t round = 0; round < rounds; round++) {
    for (uint32_t i = 0; i < WORDS; i++) {
      uint32_t at = next(&state) % WORDS, value = words[at];
      words[at] = (value ^ state) * 2654435761u;
      if (value & 1) sum += value >> 3;
      else mean += (double)(value - mean) / (i + 1);
    }
  }
  printf("%llu %u\n", (unsigned long long)sum, (unsigned)mean & 1);
  return 0;
}
