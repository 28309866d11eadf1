/* A libc's malloc, of picolibc.
 *
 * - Input: not read.
 * - Output: a text of 12 bytes that moved with its block; then three bytes: whether a block of 64 KiB
 *   could be had, whether one of 2.25 GiB was refused, and whether errno says so. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "zkvm_io.h"

static void* volatile blocks[3];
static const volatile size_t too_much = 0x90000000;

int main(void)
{
    char* text = malloc(1000);
    if (!text)
        return 1;
    strcpy(text, "hello malloc");
    blocks[0] = malloc(100);
    text = realloc(text, 3000);
    if (!text)
        return 1;
    blocks[1] = malloc((size_t)64 << 10);
    errno = 0;
    blocks[2] = malloc(too_much);
    uint8_t results[3] = {blocks[1] != NULL, blocks[2] == NULL, errno == ENOMEM};
    write_output((const uint8_t*)text, 12);
    write_output(results, sizeof results);
    free(text);
    /* With a libc, main ends with 0 where it says nothing, as C has it. */
}
