/* The four functions that a C compiler calls on its own account. Weak: a libc may bring better
 * ones. */

#include <stddef.h>
#include <stdint.h>

/* Keep the compiler from turning these loops into calls of the functions they are in. */
#if defined(__clang__)
#define LOOPS __attribute__((weak, no_builtin))
#else
#define LOOPS __attribute__((weak, optimize("no-tree-loop-distribute-patterns")))
#endif

/* A word that may alias anything. */
typedef uint32_t __attribute__((may_alias)) word;

static int aligned(const void* first, const void* second)
{
    return (((uintptr_t)first | (uintptr_t)second) & 3) == 0;
}

LOOPS void* memcpy(void* restrict to, const void* restrict from, size_t size)
{
    uint8_t* t = to;
    const uint8_t* f = from;
    if (aligned(t, f)) {
        for (; size >= 4; size -= 4, t += 4, f += 4)
            *(word*)t = *(const word*)f;
    }
    for (; size > 0; size--)
        *t++ = *f++;
    return to;
}

LOOPS void* memmove(void* to, const void* from, size_t size)
{
    uint8_t* t = to;
    const uint8_t* f = from;
    if ((uintptr_t)t <= (uintptr_t)f) {
        if (aligned(t, f)) {
            for (; size >= 4; size -= 4, t += 4, f += 4)
                *(word*)t = *(const word*)f;
        }
        for (; size > 0; size--)
            *t++ = *f++;
    } else {
        for (; size > 0; size--)
            t[size - 1] = f[size - 1];
    }
    return to;
}

LOOPS void* memset(void* to, int value, size_t size)
{
    uint8_t* t = to;
    for (; size > 0 && ((uintptr_t)t & 3) != 0; size--)
        *t++ = (uint8_t)value;
    for (; size >= 4; size -= 4, t += 4)
        *(word*)t = (uint8_t)value * 0x01010101u;
    for (; size > 0; size--)
        *t++ = (uint8_t)value;
    return to;
}

LOOPS int memcmp(const void* first, const void* second, size_t size)
{
    const uint8_t* a = first;
    const uint8_t* b = second;
    for (; size > 0; size--, a++, b++)
        if (*a != *b)
            return *a - *b;
    return 0;
}
