/*
 * supervise SECONDS REPORT COMMAND...: runs a command and makes sure that nothing of it outlives it.
 *
 * As a child subreaper it becomes the parent of every descendant whose own parent ends, also of a container's
 * first process in its own pid namespace, and reaps each at once, as the first process of a machine does. When the
 * command has ended its descendants have a moment to follow; what still runs then is written to the file REPORT,
 * one line each, and killed. After SECONDS, or at SIGTERM, everything is killed, and the report says so.
 * Exit status: the command's; 128+n for signal n; 124 when the time was up; 125 when it could not be started.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { GRACE_SECONDS = 3, TIME_UP = 124, NOT_STARTED = 125 };

static pid_t command;
static int command_status = -1;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Reaps whatever has ended. Returns 0 when there are no children left. */
static int reap(void) {
  for (;;) {
    int status;
    pid_t pid = waitpid(-1, &status, WNOHANG);
    if (pid == 0) return 1;
    if (pid < 0) return errno == ECHILD ? 0 : 1;
    if (pid == command) command_status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }
}

static void describe(FILE *report, pid_t pid) {
  char path[64], line[300] = "";
  FILE *file;
  size_t length = 0;
  snprintf(path, sizeof path, "/proc/%d/cmdline", (int)pid);
  if ((file = fopen(path, "re")) != NULL) {
    length = fread(line, 1, sizeof line - 1, file);
    fclose(file);
  }
  for (size_t i = 0; i < length; i++)
    if (line[i] == '\0' || line[i] == '\n') line[i] = ' ';
  fprintf(report, "outlived its tests: process %d: %s\n", (int)pid, line);
}

/* Kills the children; theirs become children, for the next round. With a report, describes them first. */
static void kill_children(FILE *report) {
  char path[64];
  int pid;
  FILE *children;
  snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
  if ((children = fopen(path, "re")) == NULL) return;
  while (fscanf(children, "%d", &pid) == 1) {
    if (report != NULL) describe(report, pid);
    kill(pid, SIGKILL);
  }
  fclose(children);
}

/* Waits until there are no children (0), the command ended and `until_command` (1), or time or patience is up (-1). */
static int settle(const sigset_t *awaited, double deadline, int until_command) {
  for (;;) {
    if (!reap()) return 0;
    if (until_command && command_status >= 0) return 1;
    double rest = deadline - now();
    if (rest <= 0) return -1;
    struct timespec t = {.tv_sec = (time_t)rest, .tv_nsec = (long)((rest - (double)(time_t)rest) * 1e9)};
    int got = sigtimedwait(awaited, NULL, &t);
    if (got > 0 && got != SIGCHLD) return -1;
  }
}

static void clear_all(const sigset_t *awaited, FILE *report) {
  kill_children(report);
  for (int round = 0; round < 50 && settle(awaited, now() + 0.1, 0) != 0; round++) kill_children(NULL);
}

int main(int argc, char **argv) {
  sigset_t awaited, before;
  FILE *report;
  if (argc < 4 || (report = fopen(argv[2], "we")) == NULL) {
    fprintf(stderr, "usage: supervise SECONDS REPORT COMMAND...\n");
    return NOT_STARTED;
  }
  sigemptyset(&awaited);
  for (const int *s = (const int[]){SIGCHLD, SIGTERM, SIGINT, SIGHUP, 0}; *s != 0; s++) sigaddset(&awaited, *s);
  sigprocmask(SIG_BLOCK, &awaited, &before);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) {
    perror("supervise: PR_SET_CHILD_SUBREAPER");
    return NOT_STARTED;
  }
  double deadline = now() + atof(argv[1]);
  if ((command = fork()) == 0) {
    sigprocmask(SIG_SETMASK, &before, NULL);
    execvp(argv[3], argv + 3);
    perror(argv[3]);
    _exit(NOT_STARTED);
  }
  if (command < 0) {
    perror("supervise: fork");
    return NOT_STARTED;
  }
  if (settle(&awaited, deadline, 1) < 0) {
    fprintf(report, "stopped before its end\n");
    clear_all(&awaited, NULL);
    return TIME_UP;
  }
  if (settle(&awaited, now() + GRACE_SECONDS, 0) < 0) clear_all(&awaited, report);
  return command_status;
}
