/* read_input and write_output for guests without Rust, see include/zkvm_io.h. */

#include "zkvm_io.h"

#include <stdbool.h>

enum { INPUT = 0, OUTPUT = 3 };
enum { READ = 63, WRITE = 64, EXIT = 93 };
enum { FAILED = 101 };

/* The input area; link.x sets its bounds. */
extern uint8_t _input_start[], _input_end[];

/* One environment call; numbers and registers are those of Linux. */
static size_t ecall(size_t number, size_t first, size_t second, size_t third)
{
    register size_t a0 __asm__("a0") = first;
    register size_t a1 __asm__("a1") = second;
    register size_t a2 __asm__("a2") = third;
    register size_t a7 __asm__("a7") = number;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a7) : "memory");
    return a0;
}

static void require(bool condition)
{
    if (!condition) {
        ecall(EXIT, FAILED, 0, 0);
        __builtin_unreachable();
    }
}

void read_input(const uint8_t** buf_ptr, size_t* buf_size)
{
    static size_t size;
    static bool loaded;
    size_t room = (size_t)(_input_end - _input_start);

    /* Each call moves as much as the machine likes; 0 is the end of the input. */
    while (!loaded) {
        size_t count = ecall(READ, INPUT, (size_t)(_input_start + size), room - size);
        require(count < room - size);
        size += count;
        loaded = count == 0;
    }
    *buf_ptr = _input_start;
    *buf_size = size;
}

void write_output(const uint8_t* output, size_t size)
{
    while (size > 0) {
        size_t count = ecall(WRITE, OUTPUT, (size_t)output, size);
        require(count > 0 && count <= size);
        output += count;
        size -= count;
    }
}
