// The init program, as bytes in the addon's read-only data.
#include "spawn.h"

__asm__(
    ".section .rodata\n"
    ".balign 4096\n"
    "ocirt_init_image:\n"
    ".incbin \"" INIT_BINARY "\"\n"
    "ocirt_init_image_end:\n"
    ".byte 0\n"
    ".previous\n");

extern "C" {
extern const unsigned char ocirt_init_image[] __attribute__((visibility("hidden")));
extern const unsigned char ocirt_init_image_end[] __attribute__((visibility("hidden")));
}

const unsigned char* InitImage() { return ocirt_init_image; }
size_t InitImageSize() { return static_cast<size_t>(ocirt_init_image_end - ocirt_init_image); }
