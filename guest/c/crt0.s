# First and last instructions of a guest, Rust or C: set gp, sp and tp, run constructors, call main; then,
# or when `exit` is called, run what `atexit` was given and destructors, and exit with the code.
# Memory is zero at reset, so there is no .bss to clear.

    .section .text._start, "ax", @progbits
    .globl _start
    .type _start, @function
_start:
    .option push
    .option norelax
    la      gp, __global_pointer$
    .option pop
    la      sp, _stack_top
    la      tp, __tls_base
    # .preinit_array and .init_array, one after the other.
    la      s0, __preinit_array_start
    la      s1, __init_array_end
1:  bgeu    s0, s1, 2f
    lw      t0, 0(s0)
    addi    s0, s0, 4
    jalr    t0
    j       1b
2:  call    main
    .size _start, . - _start

    # A libc may bring functions of these names; exit.c has __run_atexit.
    .weak exit
    .type exit, @function
exit:
    mv      s2, a0
    .weak __run_atexit
    lui     t0, %hi(__run_atexit)
    addi    t0, t0, %lo(__run_atexit)
    beqz    t0, 3f
    jalr    t0
    # .fini_array, last one first.
3:  la      s0, __fini_array_start
    la      s1, __fini_array_end
4:  bgeu    s0, s1, 5f
    addi    s1, s1, -4
    lw      t0, 0(s1)
    jalr    t0
    j       4b
5:  mv      a0, s2
    .size exit, . - exit

    .weak _exit
    .type _exit, @function
_exit:
    li      a7, 93
    ecall
    .size _exit, . - _exit
