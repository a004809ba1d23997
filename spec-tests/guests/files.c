// Works with files below the directory of its argument, by wasi-libc's POSIX functions.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHECK(condition)                                               \
  do {                                                                 \
    if (!(condition)) {                                                \
      fprintf(stderr, "line %d: %s (%d)\n", __LINE__, #condition, errno); \
      exit(1);                                                         \
    }                                                                  \
  } while (0)

static void contents(void) {
  char text[32] = "";
  struct stat status;
  int fd = open("first", O_CREAT | O_EXCL | O_RDWR, 0666);
  CHECK(fd >= 0);
  CHECK(write(fd, "hello", 5) == 5);
  CHECK(pwrite(fd, "J", 1, 0) == 1);
  CHECK(lseek(fd, 0, SEEK_CUR) == 5);
  CHECK(pread(fd, text, 31, 0) == 5 && memcmp(text, "Jello", 5) == 0);
  CHECK(ftruncate(fd, 3) == 0 && fstat(fd, &status) == 0 && status.st_size == 3);
  CHECK(close(fd) == 0);
  CHECK(open("first", O_CREAT | O_EXCL | O_RDWR, 0666) < 0 && errno == EEXIST);
  fd = open("first", O_WRONLY | O_APPEND);
  CHECK(fd >= 0 && write(fd, "!", 1) == 1 && read(fd, text, 1) < 0 && errno == EBADF);
  CHECK(close(fd) == 0 && stat("first", &status) == 0 && status.st_size == 4 && S_ISREG(status.st_mode));
}

static void links(void) {
  char target[32] = "";
  struct stat status;
  CHECK(link("first", "second") == 0 && stat("second", &status) == 0 && status.st_nlink == 2);
  CHECK(symlink("first", "soft") == 0 && readlink("soft", target, sizeof target) == 5);
  CHECK(lstat("soft", &status) == 0 && S_ISLNK(status.st_mode));
  CHECK(stat("soft", &status) == 0 && S_ISREG(status.st_mode));
  CHECK(rename("second", "third") == 0 && stat("second", &status) < 0 && errno == ENOENT);
  struct timespec times[2] = {{1000, 5}, {2000, 7}};
  CHECK(utimensat(AT_FDCWD, "third", times, 0) == 0 && stat("first", &status) == 0);
  CHECK(status.st_mtim.tv_sec == 2000 && status.st_mtim.tv_nsec == 7);
  CHECK(unlink("soft") == 0 && unlink("third") == 0);
}

static void directories(void) {
  enum { MANY = 300 };
  char name[32];
  CHECK(mkdir("dir", 0777) == 0 && mkdir("dir", 0777) < 0 && errno == EEXIST);
  for (int i = 0; i < MANY; i++) {
    snprintf(name, sizeof name, "dir/entry-%03d", i);
    int fd = open(name, O_CREAT | O_WRONLY, 0666);
    CHECK(fd >= 0 && close(fd) == 0);
  }
  DIR *dir = opendir("dir");
  CHECK(dir != NULL);
  int seen = 0;
  for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
    if (entry->d_name[0] != '.') seen += entry->d_type == DT_REG;
  }
  CHECK(seen == MANY && closedir(dir) == 0);
  CHECK(rmdir("dir") < 0 && errno == ENOTEMPTY);
  for (int i = 0; i < MANY; i++) {
    snprintf(name, sizeof name, "dir/entry-%03d", i);
    CHECK(unlink(name) == 0);
  }
  CHECK(rmdir("dir") == 0 && unlink("first") == 0);
}

int main(int argc, char **argv) {
  CHECK(argc > 1 && chdir(argv[1]) == 0);
  contents();
  links();
  directories();
  puts("files ok");
  return 0;
}
