// The parts of the executable's file: this program, Bun, the addon, and at the end where they lie.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "front.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

static const char magic[16] = "ocirt parts v1\n";

int open_parts(struct parts *parts) {
  int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  off_t end = lseek(fd, -(off_t)sizeof(*parts), SEEK_END);
  if (end >= 0 && pread(fd, parts, sizeof(*parts), end) == (ssize_t)sizeof(*parts) &&
      memcmp(parts->magic, magic, sizeof(magic)) == 0)
    return fd;
  close(fd);
  errno = ENOEXEC;
  return -1;
}

int addon_memory(void) {
  struct parts parts;
  int file = open_parts(&parts);
  if (file < 0) return -1;
  int fd = memfd_create("ocirt-addon", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
  // Before Linux 6.3 the flag is unknown, and every memory file may be executed.
  if (fd < 0 && errno == EINVAL) fd = memfd_create("ocirt-addon", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  off_t from = (off_t)parts.addon, end = (off_t)(parts.addon + parts.addon_size);
  while (fd >= 0 && from < end) {
    ssize_t done = sendfile(fd, file, &from, (size_t)(end - from));
    if (done > 0 || (done < 0 && errno == EINTR)) continue;
    int error = done == 0 ? EIO : errno;
    close(fd);
    fd = -1;
    errno = error;
  }
  if (fd >= 0) fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
  int error = errno;
  close(file);
  errno = error;
  return fd;
}
