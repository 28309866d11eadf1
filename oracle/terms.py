"""The terms of section 4 of SOUNDNESS.md for the largest part, in whole numbers and 60 digits.

Written apart from verifier/src/security.rs, whose test compares the two to six decimals:

    python3 oracle/terms.py > verifier/src/security_terms.rs
"""

from decimal import Decimal, getcontext

getcontext().prec = 60
P = 2**31 - 1


def log2(x):
    return Decimal(x).ln() / Decimal(2).ln()


def terms(degree, queries, work, query_work):
    K = P**degree
    n, B, W, V, J, T = 22, 9, 10, 700, 300, 2**30
    # Of each phase: m, and the bits of its columns.
    phases = [(18, 4), (10, 4), (19, 4), (21, 7)]
    f = len(phases)
    M = max(m for m, _ in phases)
    k = max(m - 10 + c for m, c in phases)
    L = n + B + 1
    bad = [
        ((T - 1) * W + T, work["global"]),
        ((T - 1) * W + T, work["lookup"]),
        (5 + sum(2 * depth + 2 for depth in range(5, L)), 0),
        (J + 1 + n, 0),
        (21, 0),
        (3 * (n - 3), 0),
        (V - 1, 0),
        (2 * (10 + k) + 10, 0),
        (sum(c * (2 ** (m + 1) + 1) for m, c in phases), work["columns"]),
        (f - 1 + 2 * M, 0),
        ((f - 1) * (2 ** (M + 1) + 2), work["words"]),
        # Halvings from 2^M coefficients to 64, each to half as many positions.
        (sum(2 ** (m + 1) // 2 + 2 for m in range(M, 6, -1)), work["fold"]),
    ]
    probabilities = [Decimal(b) / (Decimal(K) * 2**w) for b, w in bad]
    N = 2**M
    share = Decimal((2 * N + N) // 2) / (2 * N)
    probabilities.append(share**queries / 2**query_work)
    return [-log2(p) for p in probabilities], -log2(sum(probabilities))


STANDARD = {"global": 16, "lookup": 16, "columns": 16, "words": 16, "fold": 8}
print("[")
for degree, queries, work, query_work in [
    (4, 194, STANDARD, 20),
    (6, 256, dict.fromkeys(STANDARD, 0), 22),
]:
    each, total = terms(degree, queries, work, query_work)
    print(f"    ({degree}, [{', '.join(f'{bits:.9f}' for bits in each)}], {total:.9f}),")
print("]")
