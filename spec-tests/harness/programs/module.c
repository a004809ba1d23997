// A Wasm module that does one thing, which the first argument selects, and prints what came of it.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static int Failed(const char *path) {
  printf("%s: %s\n", path, strerror(errno));
  return 1;
}

static int Cat(const char *path) {
  char buffer[4096];
  int fd = open(path, O_RDONLY);
  if (fd < 0) return Failed(path);
  ssize_t n;
  while ((n = read(fd, buffer, sizeof buffer)) > 0) fwrite(buffer, 1, n, stdout);
  return n < 0 ? Failed(path) : 0;
}

static int List(const char *path) {
  DIR *directory = opendir(path);
  if (directory == NULL) return Failed(path);
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
    if (entry->d_name[0] != '.') printf("%s\n", entry->d_name);
  return 0;
}

static int Write(const char *path, const char *text) {
  FILE *file = fopen(path, "w");
  if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0) return Failed(path);
  printf("written\n");
  return 0;
}

// A line for each line of stdin, until its end or the line "end".
static int Echo(void) {
  char line[256];
  while (fgets(line, sizeof line, stdin) != NULL && strcmp(line, "end\n") != 0) {
    printf("echo %s", line);
    fflush(stdout);
  }
  return 0;
}

// Works until a signal ends it.
static int Spin(void) {
  printf("spinning\n");
  fflush(stdout);
  for (volatile unsigned long long i = 0;; i++)
    if (i == ~0ull) return 0;
}

static int Sleep(void) {
  printf("sleeping\n");
  fflush(stdout);
  sleep(1000);
  return 0;
}

int main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "";
  if (strcmp(what, "args") == 0) {
    for (int i = 0; i < argc; i++) printf("[%s]\n", argv[i]);
    return 0;
  }
  if (strcmp(what, "env") == 0) {
    for (char **entry = environ; *entry != NULL; entry++) printf("[%s]\n", *entry);
    return 0;
  }
  if (strcmp(what, "exit") == 0) return atoi(argv[2]);
  if (strcmp(what, "trap") == 0) __builtin_trap();
  if (strcmp(what, "cat") == 0) return Cat(argv[2]);
  if (strcmp(what, "list") == 0) return List(argv[2]);
  if (strcmp(what, "write") == 0) return Write(argv[2], argv[3]);
  if (strcmp(what, "echo") == 0) return Echo();
  if (strcmp(what, "spin") == 0) return Spin();
  if (strcmp(what, "sleep") == 0) return Sleep();
  if (strcmp(what, "stderr") == 0) return fputs("on stderr\n", stderr) < 0;
  if (strcmp(what, "clock") == 0) return printf("%lld\n", (long long)time(NULL)) < 0;
  if (strcmp(what, "random") == 0) {
    unsigned char bytes[16];
    if (getentropy(bytes, sizeof bytes) != 0) return Failed("getentropy");
    for (size_t i = 0; i < sizeof bytes; i++) printf("%02x", bytes[i]);
    printf("\n");
    return 0;
  }
  fprintf(stderr, "module: unknown question `%s`\n", what);
  return 2;
}
