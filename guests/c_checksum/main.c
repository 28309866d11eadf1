/* CRC-32 and Adler-32 of the whole input, in C.
 *
 * - Input: any bytes.
 * - Output: CRC-32 (IEEE, as in zip), then Adler-32 (as in zlib), 4 bytes each, little endian. */

#include "zkvm_io.h"

/* The reflected CRC-32 polynomial. */
#define POLYNOMIAL 0xedb88320u
/* The largest prime below 2^16. */
#define ADLER_MODULUS 65521u
/* So many bytes can be added before `b` of Adler-32 may pass 2^32. */
#define ADLER_BLOCK 5552u

static uint32_t crc32(const uint8_t* bytes, size_t size)
{
    uint32_t table[256];
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t entry = i;
        for (int bit = 0; bit < 8; bit++)
            entry = (entry >> 1) ^ ((entry & 1) ? POLYNOMIAL : 0);
        table[i] = entry;
    }
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < size; i++)
        crc = (crc >> 8) ^ table[(crc ^ bytes[i]) & 0xff];
    return ~crc;
}

static uint32_t adler32(const uint8_t* bytes, size_t size)
{
    uint32_t a = 1, b = 0;
    while (size > 0) {
        size_t block = size < ADLER_BLOCK ? size : ADLER_BLOCK;
        for (size_t i = 0; i < block; i++) {
            a += bytes[i];
            b += a;
        }
        a %= ADLER_MODULUS;
        b %= ADLER_MODULUS;
        bytes += block;
        size -= block;
    }
    return b << 16 | a;
}

static void put_le32(uint8_t* to, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> (8 * i));
}

int main(void)
{
    const uint8_t* input;
    size_t size;
    read_input(&input, &size);

    uint8_t output[8];
    put_le32(output, crc32(input, size));
    put_le32(output + 4, adler32(input, size));
    write_output(output, sizeof output);
    return 0;
}
