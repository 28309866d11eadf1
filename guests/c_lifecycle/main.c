/* Constructors, destructors and functions for the end, in C.
 *
 * - Input: nothing, to return from main; or a byte, to call `exit` with it.
 * - Output: letters in the order of events. */

#include "zkvm_io.h"

/* C's <stdlib.h> has these; without a libc, the SDK does. */
_Noreturn void exit(int code);
int atexit(void (*function)(void));

static void say(char letter)
{
    write_output((const uint8_t*)&letter, 1);
}

static void before_all(void)
{
    say('p');
}
__attribute__((section(".preinit_array"), used)) static void (*const entry)(void) = before_all;

__attribute__((constructor)) static void construct(void)
{
    say('c');
}
__attribute__((constructor(102))) static void construct_second(void)
{
    say('b');
}
__attribute__((constructor(101))) static void construct_first(void)
{
    say('a');
}

__attribute__((destructor)) static void destroy(void)
{
    say('C');
}
__attribute__((destructor(102))) static void destroy_second(void)
{
    say('B');
}
__attribute__((destructor(101))) static void destroy_first(void)
{
    say('A');
}

static void registered_late(void)
{
    say('3');
}
static void registered_first(void)
{
    say('1');
}
static void registered_second(void)
{
    say('2');
    atexit(registered_late);
}

int main(void)
{
    const uint8_t* input;
    size_t size;
    read_input(&input, &size);
    say('m');
    if (atexit(registered_first) != 0 || atexit(registered_second) != 0)
        return 1;
    if (size > 0)
        exit(input[0]);
    return 0;
}
