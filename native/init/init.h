// What the parts of init share. A handler returns 0 or -errno; where the errno alone doesn't tell, it calls
// fail() with what the errno is about.
#pragma once
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct init_state {
  int sync;          // to the host; -1 when it's closed
  int start;         // connection of `start`; -1 before and after
  int root;          // the rootfs, O_PATH; -1 before the step rootfs
  int proc;          // the container's procfs at /proc, or -1
  bool pivoted;      // "/" is the rootfs
  bool detached;     // the rootfs is in no mount namespace
  uint32_t host_pid; // init's pid as the host sees it
  int console;       // slave of the container's terminal, or -1
  const char *program;
  int control;     // to the engine's helper, or -1
  int helper_side; // the helper's end of it, kept until the request is in it
  int executable;  // of the engine, or -1
  bool explain; // a failure gets a descriptor of the rootfs, for the host to look into
  uint32_t step; // index of the step that runs
  uint32_t skip_to; // steps before this one are another process's
  uint32_t stop_at; // the first step that is another process's; 0: none
  int *inherited; // descriptors by the plan's index
  int inherited_count;
};

extern struct init_state init;

// report.c: messages are single packets; the first byte is the kind.
int fail(int error, const char *format, ...) __attribute__((format(printf, 2, 3)));
void warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void report_failure(int error);
void announce_execution(void);
int report(char kind, const void *data, uint32_t length);
int report_descriptor(char kind, int fd);
int wait_host(void);
int receive_descriptor(int fd);
int send_packet(int fd, char kind, const void *data, uint32_t length);
int send_with_descriptors(int fd, char kind, const void *data, uint32_t length, const int *fds, int count);
int receive_kind(int fd, char *text, int size);

// durations.c: how long the steps took. Kinds of packets: D, and R and X, which have them beside what they say.
#define NOT_MEASURED UINT32_MAX
void start_durations(void);
void note_duration(uint32_t kind);
int send_durations(int fd, char kind);

// resolve.c: paths inside the rootfs, never outside of it.
enum create { CREATE_NOTHING, CREATE_DIRECTORY, CREATE_FILE };
// O_PATH descriptor of `path` inside the rootfs, symbolic links followed within it; -errno.
int resolve(const char *path, enum create create);
// The parent directory of `path` (made where it's missing) and its last component; -errno.
int resolve_parent(const char *path, const char **name);
// O_PATH descriptor of a directory that is no symbolic link itself, made where it's missing; -ENOTDIR, -errno.
int resolve_ordinary(const char *path);
// A readable descriptor of a path inside the rootfs; -errno.
int resolve_open(const char *path, int flags);

// hooks.c: the end of the child that runs hooks before the Wasm engine goes on.
void wake_engine(void) __attribute__((noreturn));
// engine.c: the engine's sockets that only init has use for.
void close_engine(void);
void close_inherited(void);
// A file in a read-only mount of its own that is in no namespace; -errno.
int clone_readonly(const char *path);
// Serves the engine from the control socket until it is set up. `enter` gives it the container's root; 0 or -errno.
// `started`: what the engine takes for the connection of `start`, where the module goes on at once; its end is that the
// module begins. -1: the host is told that it waits. Doesn't return.
void help_engine(int control, int (*enter)(void), int started) __attribute__((noreturn));

// access.c: why what is at a path is refused, told by fail().
int explain_access(const char *path);
int explain_unreadable(int root, const char *path);

// copy.c: copies what is in the directory `target` into the root of a detached mount.
int copy_up(int target, int mount);

// Writes a short text to a file that exists; -errno.
int write_file(const char *path, const char *text);
