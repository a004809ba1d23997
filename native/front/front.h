// The executable's first half: a small static program with a JavaScript engine that starts in a fraction of a
// millisecond. It runs the hot commands and hands everything else over to the second half, Bun.
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// A command's compiled program (build/native/bundles.c).
struct bundle {
  const char *command;
  const uint8_t *start;
  const uint8_t *end;
};
extern const struct bundle front_bundles[];
extern const size_t front_bundle_count;
// Programs that another goes over to, by their names.
extern const struct bundle front_continuations[];
extern const size_t front_continuation_count;

// What kernel and caller gave to this process: argc, arguments, environment, auxiliary vector, as the ELF ABI has it.
void remember_stack(char **argv);

// Where the parts of the executable's file lie; scripts/assemble.mjs writes it as the file's last bytes.
struct parts {
  uint64_t second;
  uint64_t second_size;
  uint64_t addon;
  uint64_t addon_size;
  char magic[16];
};

// A descriptor of the executable's file, with where its parts lie; -1 with errno.
int open_parts(struct parts *parts);

// A descriptor of a sealed memory file with the addon, which any uid may load; -1 with errno.
int addon_memory(void);

// Runs the second half in this process, with the same arguments, environment and descriptors. Never returns.
void hand_over(void) __attribute__((noreturn));

#ifdef __cplusplus
}

// Runs a command's program; its exit code.
int RunBundle(const struct bundle& bundle, char** argv);
#endif
