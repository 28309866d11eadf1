# First instructions of a guest, Rust or C: set gp and sp, run constructors, call main, exit with
# what it returns. Memory is zero at reset, so there is no .bss to clear.

    .section .text._start, "ax", @progbits
    .globl _start
    .type _start, @function
_start:
    .option push
    .option norelax
    la      gp, __global_pointer$
    .option pop
    la      sp, _stack_top
    la      s0, __init_array_start
    la      s1, __init_array_end
1:  bgeu    s0, s1, 2f
    lw      t0, 0(s0)
    addi    s0, s0, 4
    jalr    t0
    j       1b
2:  call    main
    li      a7, 93
    ecall
    .size _start, . - _start
