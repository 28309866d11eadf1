/* Input and output of a guest program: the C interface of the Ethereum zkVM standards
 * (github.com/eth-act/zkvm-standards, standards/io-interface).
 *
 * In a C program `int main(void)` is the entry point and its value the exit code; link the files
 * of `c/` with the script `link.x`, see the README of the SDK. In a Rust program the crate zonda-guest provides both
 * functions. */

#ifndef ZKVM_IO_H
#define ZKVM_IO_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Points `*buf_ptr` to the whole private input and sets `*buf_size` to its size in bytes. The input
 * is read-only and stays for the whole run; if `*buf_size` is 0, `*buf_ptr` means nothing. May be
 * called any number of times, always with the same result. An input of 256 MiB or more ends the
 * run with exit code 101. */
void read_input(const uint8_t** buf_ptr, size_t* buf_size);

/* Appends `size` bytes at `output` to the public output. */
void write_output(const uint8_t* output, size_t size);

#ifdef __cplusplus
}
#endif

#endif
