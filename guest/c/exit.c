/* atexit, and what C++ needs for objects that live as long as the program. Weak: a program may bring
 * its own. crt0.s has `exit`. */

#include <stddef.h>

#define WEAK __attribute__((weak))

/* Registered functions; the standard asks for room for 32. */
enum { MOST = 1024 };

static struct {
    void (*function)(void*);
    void* argument;
} registered[MOST];
static size_t count;

/* Runs what was registered, last one first; a function may register more. */
void __run_atexit(void)
{
    while (count > 0) {
        count--;
        registered[count].function(registered[count].argument);
    }
}

/* Registers `function(argument)`; not 0 if there is no more room. */
static int add(void (*function)(void*), void* argument)
{
    if (count == MOST)
        return 1;
    registered[count].function = function;
    registered[count].argument = argument;
    count++;
    return 0;
}

static void call(void* function)
{
    ((void (*)(void))function)();
}

WEAK int atexit(void (*function)(void))
{
    return add(call, (void*)function);
}

/* Registers an object's destructor. Compilers do not look at the result: with no more room, the run
 * ends here rather than without that destructor. */
WEAK int __cxa_atexit(void (*function)(void*), void* argument, void* object)
{
    (void)object;
    if (add(function, argument) != 0)
        __builtin_trap();
    return 0;
}

/* Whose destructors a program's are: there are no shared objects. */
WEAK void* __dso_handle;

/* What stands for a virtual function without a body. */
WEAK void __cxa_pure_virtual(void)
{
    __builtin_trap();
}
