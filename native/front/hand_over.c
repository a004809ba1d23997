// Starts the second half of the executable in this very process, as execve(2) would start a file of its own: maps
// its segments and its loader, tells the loader about them in the auxiliary vector, and jumps. The kernel offers
// no exec of a part of a file, and a copy of a hundred megabytes would take longer than all the rest.
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "front.h"

enum { MOST_HEADERS = 32, LONGEST_PATH = 256 };

static uintptr_t page;

// argc, argv, NULL, envp, NULL, auxv: the words above the initial stack pointer.
static uintptr_t *initial_stack;

void remember_stack(char **argv) { initial_stack = (uintptr_t *)argv - 1; }

__attribute__((noreturn)) static void give_up(const char *action) {
  fprintf(stderr, "ocirt: start the second half of the executable: %s: %s\n", action, strerror(errno));
  _exit(1);
}

struct image {
  Elf64_Ehdr header;
  Elf64_Phdr headers[MOST_HEADERS];
  // What is to be added to the file's addresses.
  uintptr_t bias;
  // In memory; 0 where no segment holds them.
  uintptr_t headers_at;
};

static void read_at(int fd, void *to, size_t size, off_t at) {
  if (pread(fd, to, size, at) != (ssize_t)size) give_up("read it");
}

static int protection(uint32_t flags) {
  return (flags & PF_R ? PROT_READ : 0) | (flags & PF_W ? PROT_WRITE : 0) | (flags & PF_X ? PROT_EXEC : 0);
}

static void map_segment(const Elf64_Phdr *segment, int fd, off_t base, uintptr_t bias) {
  uintptr_t start = bias + segment->p_vaddr, first = start & ~(page - 1);
  uintptr_t file_end = start + segment->p_filesz, end = start + segment->p_memsz;
  off_t offset = base + (off_t)(segment->p_offset - (start - first));
  int access = protection(segment->p_flags);
  if (mmap((void *)first, file_end - first, access, MAP_PRIVATE | MAP_FIXED, fd, offset) == MAP_FAILED)
    give_up("map a segment");
  if (end <= file_end) return;
  // The rest is zero: to the end of the page, of which the loader takes what the segment leaves, then whole pages.
  uintptr_t next = (file_end + page - 1) & ~(page - 1);
  memset((void *)file_end, 0, next - file_end);
  if (next < end && mmap((void *)next, end - next, access, MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1, 0) == MAP_FAILED)
    give_up("map zeros");
}

// Reserves what the segments span, where the file wants it or anywhere, and maps them.
static void map_image(struct image *image, int fd, off_t base) {
  read_at(fd, &image->header, sizeof(image->header), base);
  if (memcmp(image->header.e_ident, ELFMAG, SELFMAG) != 0 || image->header.e_phnum > MOST_HEADERS) {
    errno = ENOEXEC;
    give_up("read its header");
  }
  size_t count = image->header.e_phnum;
  read_at(fd, image->headers, count * sizeof(Elf64_Phdr), base + (off_t)image->header.e_phoff);
  uintptr_t low = UINTPTR_MAX, high = 0;
  for (size_t i = 0; i < count; i++) {
    const Elf64_Phdr *segment = &image->headers[i];
    if (segment->p_type != PT_LOAD) continue;
    if (segment->p_vaddr < low) low = segment->p_vaddr & ~(page - 1);
    if (segment->p_vaddr + segment->p_memsz > high) high = segment->p_vaddr + segment->p_memsz;
  }
  bool fixed = image->header.e_type == ET_EXEC;
  void *wanted = fixed ? (void *)low : NULL;
  int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | (fixed ? MAP_FIXED_NOREPLACE : 0);
  void *space = mmap(wanted, high - low, PROT_NONE, flags, -1, 0);
  if (space == MAP_FAILED || (fixed && space != wanted)) give_up("reserve its addresses");
  image->bias = (uintptr_t)space - low;
  for (size_t i = 0; i < count; i++) {
    const Elf64_Phdr *segment = &image->headers[i];
    if (segment->p_type != PT_LOAD) continue;
    map_segment(segment, fd, base, image->bias);
    if (segment->p_offset <= image->header.e_phoff &&
        image->header.e_phoff < segment->p_offset + segment->p_filesz)
      image->headers_at = image->bias + segment->p_vaddr + (image->header.e_phoff - segment->p_offset);
  }
}

static int open_loader(const struct image *image, int fd, off_t base) {
  for (size_t i = 0; i < image->header.e_phnum; i++) {
    const Elf64_Phdr *header = &image->headers[i];
    if (header->p_type != PT_INTERP) continue;
    char path[LONGEST_PATH] = "";
    if (header->p_filesz >= sizeof(path)) break;
    read_at(fd, path, header->p_filesz, base + (off_t)header->p_offset);
    int loader = open(path, O_RDONLY | O_CLOEXEC);
    if (loader < 0) give_up(path);
    return loader;
  }
  errno = ENOEXEC;
  give_up("find its loader");
}

// The C library of this program told the kernel where to note on which CPU it runs; the next one does so anew.
static void leave_restartable_sequences(void) {
#ifdef RSEQ_SIG
  if (__rseq_size == 0) return;
  char *area = (char *)__builtin_thread_pointer() + __rseq_offset;
  syscall(SYS_rseq, area, sizeof(struct rseq) < 32 ? 32 : sizeof(struct rseq), RSEQ_FLAG_UNREGISTER, RSEQ_SIG);
#endif
}

__attribute__((noreturn)) static void jump(uintptr_t entry, uintptr_t *stack) {
#if defined(__x86_64__)
  __asm__ volatile("mov %0, %%rsp\n\txor %%edx, %%edx\n\txor %%ebp, %%ebp\n\tjmp *%1" ::"r"(stack), "r"(entry) : "memory");
#elif defined(__aarch64__)
  __asm__ volatile("mov sp, %0\n\tmov x0, xzr\n\tmov x29, xzr\n\tmov x30, xzr\n\tbr %1" ::"r"(stack), "r"(entry) : "memory");
#else
#error "ocirt is built for x86-64 and arm64"
#endif
  __builtin_unreachable();
}

static uintptr_t auxiliary(uintptr_t type, uintptr_t given, const struct image *second, const struct image *loader) {
  switch (type) {
    case AT_PHDR: return second->headers_at;
    case AT_PHNUM: return second->header.e_phnum;
    case AT_ENTRY: return second->bias + second->header.e_entry;
    case AT_BASE: return loader->bias;
    default: return given;
  }
}

static const char addon_variable[] = "OCIRT_ADDON_FD=";

static bool names_addon(uintptr_t entry) {
  return strncmp((const char *)entry, addon_variable, sizeof(addon_variable) - 1) == 0;
}

// The stack that execve(2) would have made: the caller's words, with another variable that names the addon, and
// the new auxiliary vector.
static size_t fill_stack(uintptr_t *stack, char *variable, const struct image *second, const struct image *loader) {
  const uintptr_t *from = initial_stack;
  uintptr_t *to = stack;
  *to++ = *from++;
  do *to++ = *from; while (*from++ != 0);
  if (variable != NULL) *to++ = (uintptr_t)variable;
  for (; *from != 0; from++)
    if (variable == NULL || !names_addon(*from)) *to++ = *from;
  *to++ = *from++;
  for (;; from += 2) {
    *to++ = from[0];
    *to++ = auxiliary(from[0], from[1], second, loader);
    if (from[0] == AT_NULL) return (size_t)(to - stack);
  }
}

void hand_over(void) {
  static struct image second, loader;
  struct parts parts;
  page = getauxval(AT_PAGESZ);
  int file = open_parts(&parts);
  if (file < 0) give_up("open the executable's file");
  map_image(&second, file, (off_t)parts.second);
  int loader_file = open_loader(&second, file, (off_t)parts.second);
  map_image(&loader, loader_file, 0);
  close(loader_file);
  close(file);

  // The engine of a Wasm container has been given the addon by init.
  static char variable[32];
  bool needs_addon = getenv("OCIRT_WASM_ENGINE") == NULL;
  if (needs_addon) {
    int addon = addon_memory();
    if (addon < 0) give_up("copy the addon to memory");
    snprintf(variable, sizeof(variable), "%s%d", addon_variable, addon);
  }

  size_t words = 0;
  while (initial_stack[words] != 0 || words == 0) words++;
  for (words++; initial_stack[words] != 0; words++) {}
  for (words++; initial_stack[words] != AT_NULL; words += 2) {}
  // Two for the end of the vector, one for the variable, one to end at a multiple of 16.
  uintptr_t *stack = __builtin_alloca_with_align((words + 4) * sizeof(uintptr_t), 128);
  fill_stack(stack, needs_addon ? variable : NULL, &second, &loader);
  leave_restartable_sequences();
  jump(loader.bias + loader.header.e_entry, stack);
}
