/* Uses much stack, or a null pointer.
 *
 * Input: a letter, and what it needs. Output: two u32.
 *
 * - `f`, frames: as many frames of 1 MiB below the first as a u16 says. How many there were; and the
 *   sum of a table that nobody has written to since main filled it with 1024 times 5.
 * - `p`, parser: counts the `[` of what follows, recursively; and the bytes of another table that have
 *   changed, which are none.
 * - `r`, `w`, `c`: reads, writes, calls through a null pointer. No output if the machine notices. */

#include "zkvm_io.h"

enum { TABLE = 1024, FRAME_WORDS = 1 << 18, ZEROS = 4096 };

static volatile uint32_t table[TABLE];
static volatile uint8_t zeros[ZEROS];

__attribute__((noinline)) static uint32_t frames(uint32_t below)
{
    volatile uint32_t frame[FRAME_WORDS];
    for (uint32_t i = 0; i < FRAME_WORDS; i += below < 3 ? 64 : 1 << 14)
        frame[i] = 0xdeadbeef;
    uint32_t count = below > 0 ? frames(below - 1) + 1 : 1;
    return count + (frame[1 << 14] != 0xdeadbeef);
}

static const uint8_t* text;
static size_t size;

/* Parses what is at `at` and says where it ends. */
__attribute__((noinline)) static size_t value(size_t at, uint32_t* count)
{
    uint8_t buffer[100];
    volatile uint8_t* b = buffer;
    for (int i = 0; i < 100; i += 25)
        b[i] = 1;
    while (at < size && text[at] == '[') {
        at = value(at + 1, count);
        ++*count;
    }
    return at + 1 + (b[0] - 1);
}

struct node {
    uint32_t before, value;
};
static struct node* volatile null;
static void (*volatile function)(void);

int main(void)
{
    read_input(&text, &size);
    if (size == 0)
        return 1;
    char work = (char)text[0];
    text++;
    size--;
    uint32_t out[2] = {0, 0};
    switch (work) {
    case 'f':
        if (size != 2)
            return 1;
        for (uint32_t i = 0; i < TABLE; i++)
            table[i] = 5;
        out[0] = frames(text[0] | (uint32_t)text[1] << 8);
        for (uint32_t i = 0; i < TABLE; i++)
            out[1] += table[i];
        break;
    case 'p':
        value(0, &out[0]);
        for (uint32_t i = 0; i < ZEROS; i++)
            out[1] += zeros[i] != 0;
        break;
    case 'r':
        out[0] = null->value;
        break;
    case 'w':
        null->value = 7;
        break;
    case 'c':
        function();
        break;
    default:
        return 1;
    }
    write_output((const uint8_t*)out, sizeof out);
    return 0;
}
